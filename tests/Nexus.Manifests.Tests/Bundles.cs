using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Tests;

/// <summary>Bundles of one spec, as the tests look at them.</summary>
internal static class Bundles
{
    private const string Yaml = """
        cluster: shop
        worker_pools:
          web: { image: "nginx:1.27", port: 80, min_replicas: 2, process: { command: [/usr/bin/true] } }
          db:  { image: "postgres:16", port: 5432, host_port: 5432, process: { command: [/usr/bin/true] } }
        """;

    public static ClusterSpec Spec { get; } = Read(Yaml);

    public static BundleOptions Options { get; } = new() { Version = "1.2.3" };

    public static ImmutableArray<DeploymentTarget> Targets { get; } = [DeploymentTarget.Compose, DeploymentTarget.Systemd];

    public static ClusterSpec Read(string yaml)
    {
        var read = SpecReader.Read(yaml, "nexus.yaml");
        return read.Spec ?? throw new InvalidOperationException(string.Join('\n', read.Problems.Select(p => p.Format("nexus.yaml"))));
    }

    public static ClusterTopology Topology(string name) =>
        ClusterTopologies.TryFind(name, out var topology) ? topology : throw new InvalidOperationException(ClusterTopologies.Refusal(name));

    public static ImmutableArray<ManifestFile> Of(string topology, DeploymentTarget target, BundleOptions? options = null) =>
        DeploymentBundles.Compute(Spec, Topology(topology), target, options ?? Options);

    public static string Text(this ImmutableArray<ManifestFile> files, string path) =>
        files.Single(file => file.Path == path).Content;
}
