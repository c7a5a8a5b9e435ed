using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Manifests;
using Nexus.Manifests.Compose;

namespace Nexus.AppHost.Publishing;

/// <summary>What publish writes: a Compose project of the whole, the spec, and under <c>machines/</c> a folder for every machine.</summary>
internal static partial class PublishedFiles
{
    private const string Machines = "machines";

    /// <summary>Adds the steps; in a local run there are none.</summary>
    public static PublishedServices AddPublishedFiles(this IDistributedApplicationBuilder builder, ClusterOptions cluster)
    {
        var bundle = BundleOf(cluster);
        builder.AddDockerComposeEnvironment("compose").WithProperties(environment => environment.DefaultNetworkName = "nexus").WithDashboard(false);
        if (cluster.IsPublished)
        {
            builder.Pipeline.AddStep("publish-machines", context => WriteAsync(cluster, bundle, context), requiredBy: WellKnownPipelineSteps.Publish);
        }

        return new PublishedServices(builder, bundle, cluster.IsPublished);
    }

    /// <summary>What keeps these machines from being written, in the words of the command line.</summary>
    public static IEnumerable<string> FindProblems(ClusterOptions cluster) =>
        BundleRules.FindProblems(cluster.Spec, cluster.Topology, cluster.Target, BundleOf(cluster))
            .Select(problem => problem.Replace("GatewayPort:", "--gateway-port:", StringComparison.Ordinal));

    private static BundleOptions BundleOf(ClusterOptions cluster) => new()
    {
        Architecture = cluster.Architecture,
        ImagePrefix = cluster.ImagePrefix,
        Runtime = cluster.Runtime == "process" ? ReplicaRuntime.Process : ReplicaRuntime.Docker,
        GatewayPort = cluster.GatewayPort,
    };

    private static async Task WriteAsync(ClusterOptions cluster, BundleOptions bundle, PipelineStepContext context)
    {
        var files = DeploymentBundles.Compute(cluster.Spec, cluster.Topology, cluster.Target, bundle);
        var output = context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory();
        Directory.CreateDirectory(output);
        File.Copy(cluster.SpecFile, Path.Combine(output, "nexus.yaml"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(output, "README.md"), Readme(cluster, bundle), context.CancellationToken);
        await BundleFolder.ReplaceAsync(Path.Combine(output, Machines), files, context.CancellationToken);
        LogWritten(context.Logger, files.Length, cluster.Topology.Machines.Length, Machines);
    }

    private static string Readme(ClusterOptions cluster, BundleOptions bundle) => $"""
        # Published files

        - `{Machines}/`: a folder for every machine of the topology {cluster.Topology.Name}. Begin with [its README]({Machines}/README.md);
          secrets are made there by `secrets.sh`, and `install.sh` refuses a machine that lacks one.
        - `docker-compose.yaml` with `.env`: all of it on one machine, to try it.
        - `nexus.yaml`: the spec.

        ## Values for .env

        No value of a secret is ever written here. Fill these in, then `docker compose up -d`; it refuses a value that is missing.

        | key | value |
        |---|---|
        | `CONSUL_GOSSIP_KEY` | a secret: the output of `consul keygen`; keep `.env` to yourself and out of the repository |
        | `MACHINE_ADDRESS` | the machine's own address, by which gateways reach the containers |
        | `ORCHESTRATOR_IMAGE`, `GATEWAY_IMAGE`, `WORKER_IMAGE`, `CLI_IMAGE` | may stay empty: those that `docker-compose.yaml` names are made by `eng/images.sh` and pushed by you (`{Images.Of("orchestrator", bundle)}` and so on, unless publishing was told others) |

        Publishing again replaces the files and keeps what stands in `.env`.

        """.ReplaceLineEndings("\n");

    [LoggerMessage(7201, LogLevel.Information, "Wrote {Files} files for {MachineCount} machines to {Folder}/.")]
    private static partial void LogWritten(ILogger logger, int files, int machineCount, string folder);
}
