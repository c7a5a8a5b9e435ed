// The whole cluster on one machine, in the Aspire hosting API.
//
//   clients ──▶ gateway ──▶ replicas ◀── worker agents ──▶ Docker Engine (or plain processes)
//                  └───────── consul ─────────┘ ◀── orchestrators ◀── nexus apply
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Nexus.AppHost;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine(LocalCluster.Usage);
    return 0;
}

var builder = DistributedApplication.CreateBuilder(args);
var cluster = await LocalCluster.ReadAsync(args, builder.Configuration, builder.AppHostDirectory, Console.Error, CancellationToken.None);
if (cluster is null)
{
    return 1;
}

Console.WriteLine(cluster.Describe());
builder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
{
    cluster.Clear();
    return Task.CompletedTask;
});

// Consul: the only shared truth. Every part talks to one of its servers, as it would to the agent of its machine.
var consuls = builder.AddConsul(cluster);

// Managers: any of them serves the API, one of them leads.
var managers = Enumerable.Range(1, cluster.Managers)
    .Select(n => (Name: $"manager-{n}", Consul: consuls[(n - 1) % consuls.Count]))
    .Select(it => builder.AddProject<Projects.Nexus_Orchestrator>(it.Name)
        .WithHttpEndpoint(port: it.Name == "manager-1" ? cluster.ApiPort : null)
        .WithEnvironment("Consul__Address", it.Consul.Address)
        .WithEnvironment("Orchestrator__Name", it.Name)
        .WithHttpHealthCheck("/health")
        .WaitFor(it.Consul.Consul))
    .ToList();

// Gateways: clients come in here.
for (var n = 1; n <= cluster.Gateways; n++)
{
    var name = $"gateway-{n}";
    var (consul, consulAddress) = consuls[(n - 1) % consuls.Count];
    var gateway = builder.AddProject<Projects.Nexus_Gateway>(n == 1 ? "gateway" : name)
        .WithHttpEndpoint(port: n == 1 ? cluster.GatewayPort : null)
        .WithHttpEndpoint(name: "admin")
        .WithEnvironment("Consul__Address", consulAddress)
        .WithEnvironment("Gateway__Name", name)
        .WithEnvironment("Gateway__StateDirectory", cluster.StateOf(name))
        .WithHttpHealthCheck("/health", endpointName: "admin")
        .WaitFor(consul);
    gateway
        .WithEnvironment("Gateway__Urls", gateway.GetEndpoint("http"))
        .WithEnvironment("Gateway__AdminUrl", gateway.GetEndpoint("admin"));
}

// Workers: one agent per node; locally they share this machine's engine and tell their containers apart by label.
var workers = Enumerable.Range(1, cluster.Workers)
    .Select(n => (Name: $"worker-{n}", Consul: consuls[(n - 1) % consuls.Count]))
    .Select(it => builder.AddProject<Projects.Nexus_WorkerAgent>(it.Name)
        .WithHttpEndpoint()
        .WithEnvironment("Consul__Address", it.Consul.Address)
        .WithEnvironment("Worker__Name", it.Name)
        .WithEnvironment("Worker__Cluster", cluster.Label)
        .WithEnvironment("Worker__Runtime", cluster.Runtime)
        .WithEnvironment("Worker__StateDirectory", cluster.StateOf(it.Name))
        .WithEnvironment("Worker__ProcessWorkingDirectory", cluster.Root)
        .WithEnvironment("Worker__StopWorkloadsOnExit", "true")
        .WithEnvironment("Worker__ForwardTelemetry", "true")
        .WithHttpHealthCheck("/health")
        .WaitFor(it.Consul.Consul))
    .ToList();

// The pools: applied the way a user applies them, then waited for.
var apply = builder.AddProject<Projects.Nexus_Cli>("pools")
    .WithArgs("apply", cluster.SpecFile, "--wait")
    .WithEnvironment("NEXUS_ADDRESS", managers[0].GetEndpoint("http"))
    .WithPoolsHealthCheck(managers[0].GetEndpoint("http"))
    .WaitFor(managers[0]);
workers.ForEach(worker => apply.WaitFor(worker));

// Where there is no registry, the sample's image is made here.
if (cluster.NeedsSampleImage)
{
    var image = builder.AddExecutable("sample-image", "bash", cluster.Root, "eng/sample-image.sh");
    apply.WaitForCompletion(image);
}

await builder.Build().RunAsync();
return Environment.ExitCode;
