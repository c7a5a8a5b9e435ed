using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Orchestrator.Api;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults;
using Nexus.ServiceDefaults.Http;

namespace Nexus.Orchestrator;

/// <summary>Puts one manager together.</summary>
internal static class OrchestratorApp
{
    private const string DefaultUrl = "http://127.0.0.1:8420";

    /// <summary>The manager, not started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.AddServiceDefaults("nexus-orchestrator");
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        builder.Services.AddOptions<OrchestratorOptions>()
            .Configure<IConfiguration>((options, configuration) => options.Apply(
                configuration.GetValue<OrchestratorProfile>($"{OrchestratorOptions.Section}:{nameof(OrchestratorOptions.Profile)}")))
            .BindConfiguration(OrchestratorOptions.Section).ValidateOnStart()
            .PostConfigure(options => options.Name = options.Name.Length > 0 ? options.Name : NameRules.FromMachine(Environment.MachineName));
        builder.Services.AddSingleton<IValidateOptions<OrchestratorOptions>, OrchestratorOptionsAttributes>();
        builder.Services.AddSingleton<IValidateOptions<OrchestratorOptions>, OrchestratorOptionsRules>();
        builder.Services.AddConsulClient(builder.Configuration);

        AddLoops(builder.Services);
        builder.Services.AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster");
        builder.Services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict; // as ApiJson has it; else numbers are described as texts too
            o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.AddHttpClient(LogEndpoints.WorkerClient).WithoutDefaultResilience()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) });
        builder.Services.AddOpenApi("v1", ApiDescription.Configure);
        builder.Services.AddProblemDetails();

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseProblemsForEmptyAnswers();
        app.MapDefaultEndpoints();
        app.MapOpenApi();
        SpecEndpoints.Map(app.MapGroup("").WithTags("Spec"));
        PlanEndpoint.Map(app.MapGroup("").WithTags("Spec"));
        ClusterEndpoints.Map(app);
        RolloutEndpoints.Map(app.MapGroup("").WithTags("Rollouts"));
        NodeEndpoints.Map(app.MapGroup("").WithTags("Nodes"));
        EventEndpoints.Map(app.MapGroup("").WithTags("Events"));
        LogEndpoints.Map(app.MapGroup("").WithTags("Allocations"));
        return app;
    }

    /// <summary>Registers the manager's own parts; clock, server, Consul and loop heartbeats are the host's.</summary>
    internal static void AddLoops(IServiceCollection services)
    {
        services.AddSingleton<ManagerIdentity>();
        services.AddSingleton<LeaderLease>();
        services.AddSingleton<ManagerRegistration>();
        services.AddSingleton<SpecStore>();
        services.AddSingleton<WishStore>();
        services.AddSingleton<PeerBook>();
        services.AddSingleton<FencedWriter>();
        services.AddSingleton<ClusterStore>();
        services.AddSingleton<ClusterView>();
        services.AddSingleton<NodeTracker>();
        services.AddSingleton<SnapshotClock>();
        services.AddSingleton<NodeClocks>();
        services.AddSingleton<PassInputs>();
        services.AddSingleton<PlanReporter>();
        services.AddSingleton<StoreIdentifier>();
        services.AddSingleton<PlanCommitter>();
        services.AddSingleton<ReconcilePass>();
        services.AddSingleton<WakeSignal>();
        services.AddSingleton(new Jitter(new Random().NextDouble));
        services.AddSingleton<EventWriter>();
        services.AddHostedService(s => s.GetRequiredService<EventWriter>());
        services.AddHostedService<ConsulWakers>();
        services.AddHostedService<ReconcileLoop>();
        services.AddHostedService<LeaderElection>();
        services.AddHostedService<EventCompactor>();
    }
}
