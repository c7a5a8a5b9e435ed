using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Consul;
using Nexus.ServiceDefaults;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Endpoints;
using Nexus.WorkerAgent.Gateways;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Peers;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.WorkerAgent;

/// <summary>Puts the agent together.</summary>
internal static class WorkerAgentApplication
{
    private const string DefaultUrl = "http://127.0.0.1:7410";

    /// <summary>Builds the agent; <paramref name="configure"/> comes before anything else, so what it registers goes before ours.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        configure?.Invoke(builder);
        if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.AddServiceDefaults("nexus-worker");
        builder.Services.AddConsulClient(builder.Configuration);
        AddAgent(builder.Services, builder.Configuration);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapAllocations();
        app.MapChanges();
        app.MapDrill();
        return app;
    }

    /// <summary>Registers the agent's own parts; clock, server, Consul and loop heartbeats are the host's.</summary>
    internal static void AddAgent(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptionsWithValidateOnStart<WorkerOptions, WorkerOptionsValidator>()
            .Bind(configuration.GetSection(WorkerOptions.Section));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<WorkerOptions>>().Value);
        services.AddSingleton<Chance>(_ => static () => RandomNumberGenerator.GetInt32(1 << 24) / (double)(1 << 24));
        services.AddSingleton<AgentIdentity>();
        services.AddSingleton<WakeSignal>();
        services.AddSingleton<AllocationBook>();
        services.AddSingleton<Spawn>(_ => static body => Task.Run(body));
        services.AddSingleton<WorkSet>();
        services.AddSingleton<ExitBoard>();
        services.AddSingleton<PeerBoard>();
        services.AddSingleton<IPeerNews, PeerNews>();
        services.AddSingleton<PeerTools>();
        services.AddSingleton<EventJournal>();
        services.AddSingleton<AssignmentFile>();
        services.AddSingleton<StoreBoard>();
        services.AddSingleton<AssignmentHolder>();
        services.AddSingleton<CheckSources>();
        services.AddSingleton<LocalCatalog>();
        services.AddSingleton<ApiLocation>();
        services.AddSingleton<RegistrarInputs>();
        services.AddSingleton<RuntimeFactory>();
        services.AddSingleton<IReplicaNetwork, ReplicaNetwork>();
        services.AddSingleton<ReplicaProbe>();
        services.AddSingleton<StartupProbe>();
        services.AddSingleton<HealthDesk>();
        services.AddSingleton<ProberTools>();
        services.AddSingleton<ReporterTools>();
        services.AddSingleton<CensusTaker>();
        services.AddSingleton<Brakes>();
        AddWorkloadTasks(services);
        services.AddSingleton<ExitOutlets>();
        services.AddSingleton<LoopInputs>();
        services.AddSingleton<LoopOutputs>();
        services.AddSingleton<LoopPace>();
        services.AddSingleton<UrgentAnswers>();

        // They stop in the reverse order: the loop first, those who tell of it last.
        AddHosted<EventWriter>(services);
        AddHosted<ObservationReporter>(services);
        AddHosted<RuntimeConnection>(services);
        AddHosted<NodeRegistrar>(services);
        services.AddSingleton<OwnRecordsOutlets>();
        AddHosted<OwnRecordsWatch>(services);
        services.AddHealthChecks().AddCheck<NodeHealthCheck>("node");
        AddHosted<GatewayWatch>(services);
        AddHosted<HealthWatch>(services);
        AddHosted<ReportedProber>(services);
        AddHosted<ReplicaProber>(services);
        AddHosted<ExitWatch>(services);
        AddHosted<PeerStreams>(services);
        AddHosted<StoreWatch>(services);
        AddHosted<AssignmentWatch>(services);
        AddHosted<ConvergenceLoop>(services);
    }

    private static void AddWorkloadTasks(IServiceCollection services)
    {
        services.AddSingleton<KillerInputs>();
        services.AddSingleton<LivenessKiller>();
        services.AddSingleton<WorkloadRemover>();
        services.AddSingleton<EndRecorder>();
        services.AddSingleton<ProverOutlets>();
        services.AddSingleton<WorkloadProver>();
        services.AddSingleton<WorkloadStarter>();
        services.AddSingleton<GatewayBoard>();
        services.AddSingleton<Drainer>();
        services.AddSingleton<WorkloadStopper>();
        services.AddSingleton<WorkloadTasks>();
        services.AddSingleton<ActionRunner>();
    }

    private static void AddHosted<T>(IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
