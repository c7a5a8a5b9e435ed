// The whole cluster on one machine, in the Aspire hosting API.
//
//   clients ──▶ gateway ──▶ replicas ◀── worker agents ──▶ Docker Engine (or plain processes)
//                  └───────── consul ─────────┘ ◀── orchestrators ◀── nexus apply
using Aspire.Hosting;
using Nexus.AppHost;

if (await LocalCluster.ReadAsync(args, Console.Error, CancellationToken.None) is not { } cluster)
{
    return 1;
}

var builder = DistributedApplication.CreateBuilder(args);
Console.WriteLine(cluster.Describe());

// Consul: the only shared truth.
var (consul, consulAddress) = builder.AddConsul(cluster);

// Managers: any of them serves the API, one of them leads.
var managers = Enumerable.Range(1, cluster.Managers)
    .Select(n => builder.AddProject<Projects.Nexus_Orchestrator>(cluster.Managers == 1 ? "orchestrator" : $"orchestrator-{n}")
        .WithHttpEndpoint(port: n == 1 ? LocalCluster.ApiPort : null)
        .WithEnvironment("Consul__Address", consulAddress)
        .WithEnvironment("Orchestrator__Name", $"manager-{n}")
        .WithHttpHealthCheck("/health")
        .WaitFor(consul))
    .ToList();

// The gateway: clients come in here.
var gateway = builder.AddProject<Projects.Nexus_Gateway>("gateway")
    .WithHttpEndpoint(port: LocalCluster.GatewayPort)
    .WithHttpEndpoint(name: "admin", env: "Gateway__AdminPort")
    .WithEnvironment("Consul__Address", consulAddress)
    .WithEnvironment("Gateway__Name", "gateway-1")
    .WithEnvironment("Gateway__StateDirectory", cluster.StateOf("gateway-1"))
    .WithHttpHealthCheck("/health", endpointName: "admin")
    .WaitFor(consul);

// Workers: one agent per node; locally they share this machine's engine and tell their containers apart by label.
var workers = Enumerable.Range(1, cluster.Workers)
    .Select(n => builder.AddProject<Projects.Nexus_WorkerAgent>($"worker-{n}")
        .WithHttpEndpoint()
        .WithEnvironment("Consul__Address", consulAddress)
        .WithEnvironment("Worker__Name", $"worker-{n}")
        .WithEnvironment("Worker__Cluster", cluster.Label)
        .WithEnvironment("Worker__Runtime", cluster.Runtime)
        .WithEnvironment("Worker__StateDirectory", cluster.StateOf($"worker-{n}"))
        .WithEnvironment("Worker__ProcessWorkingDirectory", cluster.Root)
        .WithEnvironment("Worker__StopWorkloadsOnExit", "true")
        .WithHttpHealthCheck("/health")
        .WaitFor(consul))
    .ToList();

// The pools: applied the way a user applies them, then waited for.
var apply = builder.AddProject<Projects.Nexus_Cli>("pools")
    .WithArgs("apply", cluster.SpecFile, "--wait")
    .WithEnvironment("NEXUS_ADDRESS", managers[0].GetEndpoint("http"))
    .WaitFor(managers[0])
    .WaitFor(gateway);
workers.ForEach(worker => apply.WaitFor(worker));

// Where there is no registry, the sample's image is made here.
if (cluster.NeedsSampleImage)
{
    var image = builder.AddExecutable("sample-image", "bash", cluster.Root, "eng/sample-image.sh");
    apply.WaitForCompletion(image);
}

await builder.Build().RunAsync();
return Environment.ExitCode;
