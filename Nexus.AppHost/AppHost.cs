// The whole cluster, in the Aspire hosting API: `dotnet run` starts it on this machine, and with `-- --operation publish` it is
// written down for machines of its own.
//
//   clients ──▶ gateway ──▶ replicas ◀── worker agents ──▶ Docker Engine (or plain processes)
//                  └───────── consul ─────────┘ ◀── orchestrators ◀── nexus apply
using Nexus.AppHost;
using Nexus.AppHost.Publishing;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine(ClusterOptions.Usage);
    return 0;
}

var builder = DistributedApplication.CreateBuilder(args);
if (await ClusterOptions.ReadAsync(args, builder, Console.Error, CancellationToken.None) is not { } cluster)
{
    return 1;
}

Console.WriteLine(cluster.Describe());
builder.ForgetEarlierRuns(cluster);
var published = builder.AddPublishedFiles(cluster); // a Compose project of the whole, and a folder for every machine

// Consul: the only shared truth. Every part talks to one of its servers, as it would to the agent of its machine.
var consuls = builder.AddConsul(cluster, published);

// Managers: any of them serves the API, one of them leads.
var managers = cluster.Managers.Select((name, i) => builder.AddProject<Projects.Nexus_Orchestrator>(name)
    .WithHttpEndpoint(port: i == 0 ? cluster.ApiPort : null, targetPort: cluster.InContainer(8080))
    .WithEnvironment("Consul__Address", consuls[i % consuls.Count].GetEndpoint("http"))
    .WithEnvironment("Orchestrator__Name", name)
    .WithHttpHealthCheck("/health")
    .WaitFor(consuls[i % consuls.Count])
    .DisableForwardedHeaders()
    .PublishedAs(published.Orchestrator)).ToList();

// Gateways: clients come in here.
var gateways = cluster.Gateways.Select((name, i) => builder.AddProject<Projects.Nexus_Gateway>(name)
    .WithHttpEndpoint(port: cluster.PortOfGateway(i), targetPort: cluster.InContainer(8080))
    .WithHttpEndpoint(name: "admin", targetPort: cluster.InContainer(8081))
    .ServingAt("http", cluster)
    .ShowingItselfAt("admin", cluster)
    .WithEnvironment("Consul__Address", consuls[i % consuls.Count].GetEndpoint("http"))
    .WithEnvironment("Gateway__Name", i == 0 ? "gateway-1" : name)
    .WithEnvironment("Gateway__StateDirectory", cluster.StateOf(name))
    .WithHttpHealthCheck("/health", endpointName: "admin")
    .WaitFor(consuls[i % consuls.Count])
    .DisableForwardedHeaders()
    .PublishedAs(published.Gateway, open: "http")).ToList();

// Workers: one agent per node; on one machine they share its engine and tell their containers apart by label.
var workers = cluster.Workers.Select((name, i) => builder.AddProject<Projects.Nexus_WorkerAgent>(name)
    .WithHttpEndpoint(targetPort: cluster.InContainer(8080))
    .WithEnvironment("Consul__Address", consuls[i % consuls.Count].GetEndpoint("http"))
    .WithEnvironment("Worker__Name", name)
    .WithEnvironment("Worker__Cluster", cluster.Label)
    .WithEnvironment("Worker__Runtime", cluster.Runtime)
    .WithEnvironment("Worker__StateDirectory", cluster.StateOf(name))
    .WithEnvironment("Worker__ProcessWorkingDirectory", cluster.Root)
    .WithEnvironment("Worker__StopWorkloadsOnExit", cluster.IsPublished ? "false" : "true")
    .WithEnvironment("Worker__ForwardTelemetry", cluster.IsPublished ? "false" : "true")
    .WithHttpHealthCheck("/health")
    .WaitFor(consuls[i % consuls.Count])
    .DisableForwardedHeaders()
    .PublishedAs(published.Worker)).ToList();

// The pools: applied the way a user applies them, then waited for.
var pools = builder.AddProject<Projects.Nexus_Cli>("pools")
    .WithArgs("apply", cluster.SpecPath, "--wait")
    .WithEnvironment("NEXUS_ADDRESS", managers.Addresses())
    .WithPoolsHealthCheck(managers[0].GetEndpoint("http"))
    .WaitFor(managers[0])
    .PublishedAs(published.Cli);
workers.ForEach(worker => pools.WaitFor(worker));

// Where there is no registry, the sample's image is made here.
if (cluster.NeedsSampleImage)
{
    pools.WaitForCompletion(builder.AddExecutable("sample-image", "bash", cluster.Root, "eng/sample-image.sh"));
}

// Started by hand: breaks the cluster on purpose, under load, and says what that cost (needs `drills: allowed` in the spec).
var drill = builder.AddProject<Projects.Nexus_Cli>("drill")
    .WithArgs("drill")
    .WithEnvironment("NEXUS_ADDRESS", managers.Addresses())
    .WithExplicitStart()
    .ExcludeFromManifest();
gateways.ForEach(gateway => drill.WithArgs("--url", gateway.GetEndpoint("http")));
if (cluster.RunsSample)
{
    drill.WithArgs("--exit-env", "CRASH_ON_START=1", "--unhealthy-env", "NEVER_HEALTHY=1"); // the sample's own switches
}

await builder.Build().RunAsync();
return Environment.ExitCode;
