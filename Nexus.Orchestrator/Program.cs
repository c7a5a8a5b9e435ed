using Microsoft.Extensions.Options;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Orchestrator;
using Nexus.Orchestrator.Api;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("nexus-orchestrator");
builder.WebHost.UseKestrelHttpsConfiguration();

builder.Services.AddOptions<OrchestratorOptions>().BindConfiguration(OrchestratorOptions.Section).ValidateOnStart()
    .PostConfigure(options => options.Name = options.Name.Length > 0 ? options.Name : NameRules.FromMachine(Environment.MachineName));
builder.Services.AddSingleton<IValidateOptions<OrchestratorOptions>, OrchestratorOptionsAttributes>();
builder.Services.AddSingleton<IValidateOptions<OrchestratorOptions>, OrchestratorOptionsRules>();
builder.Services.AddConsulClient(builder.Configuration);

builder.Services.AddSingleton<ManagerIdentity>();
builder.Services.AddSingleton<LeaderLease>();
builder.Services.AddSingleton<ManagerRegistration>();
builder.Services.AddSingleton<SpecStore>();
builder.Services.AddSingleton<ClusterStore>();
builder.Services.AddSingleton<ClusterView>();
builder.Services.AddSingleton<NodeTracker>();
builder.Services.AddSingleton<PlanReporter>();
builder.Services.AddSingleton<WakeSignal>();
builder.Services.AddSingleton(new Jitter(new Random().NextDouble));
builder.Services.AddSingleton<EventWriter>();
builder.Services.AddHostedService(s => s.GetRequiredService<EventWriter>());
builder.Services.AddHostedService<ConsulWakers>();
builder.Services.AddHostedService<ReconcileLoop>();
builder.Services.AddHostedService<LeaderElection>();
builder.Services.AddHostedService<EventCompactor>();

builder.Services.AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster");
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
builder.Services.AddHttpClient(LogEndpoints.WorkerClient);
builder.Services.AddOpenApi("v1");
builder.Services.AddProblemDetails();

var app = builder.Build();
app.UseExceptionHandler();
app.MapDefaultEndpoints();
app.MapOpenApi();
SpecEndpoints.Map(app);
ClusterEndpoints.Map(app);
EventEndpoints.Map(app);
LogEndpoints.Map(app);
await app.RunAsync();
