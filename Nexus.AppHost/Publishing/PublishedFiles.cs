using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Manifests;

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

        return new PublishedServices(builder, bundle.ImageTag ?? bundle.Version, cluster.IsPublished);
    }

    private static BundleOptions BundleOf(ClusterOptions cluster) => new()
    {
        Runtime = cluster.Runtime == "process" ? ReplicaRuntime.Process : ReplicaRuntime.Docker,
        GatewayPort = cluster.GatewayPort,
    };

    private static async Task WriteAsync(ClusterOptions cluster, BundleOptions bundle, PipelineStepContext context)
    {
        var files = DeploymentBundles.Compute(cluster.Spec, cluster.Topology, cluster.Target, bundle);
        var output = context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory();
        Directory.CreateDirectory(output);
        File.Copy(cluster.SpecFile, Path.Combine(output, "nexus.yaml"), overwrite: true);
        await BundleFolder.ReplaceAsync(Path.Combine(output, Machines), files, context.CancellationToken);
        LogWritten(context.Logger, files.Length, cluster.Topology.Machines.Length, Machines);
    }

    [LoggerMessage(7201, LogLevel.Information, "Wrote {Files} files for {MachineCount} machines to {Folder}/.")]
    private static partial void LogWritten(ILogger logger, int files, int machineCount, string folder);
}
