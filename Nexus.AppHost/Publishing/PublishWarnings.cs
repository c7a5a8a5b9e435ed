using Nexus.Manifests;

namespace Nexus.AppHost.Publishing;

/// <summary>What is published as asked for, and would surprise whoever rolls it out.</summary>
internal static class PublishWarnings
{
    public static IEnumerable<string> Of(ClusterArguments arguments, ClusterOptions cluster)
    {
        if (arguments["nodes"] is null)
        {
            yield return "--nodes is not given: the addresses of the machines are placeholders; no machine installs with one that is not its own.";
        }

        if (cluster.Target == DeploymentTarget.Compose && cluster.ImagePrefix.Length == 0)
        {
            yield return "--image-prefix is not given: a machine whose folder has no images/ takes nexus/… from the engine's default registry, "
                + "where those names are not ours. Make the images by eng/images.sh, push them to a registry of yours, and name it.";
        }

        foreach (var pool in cluster.Spec.Pools.Where(p => p.Template.Image.EndsWith(":local", StringComparison.Ordinal)))
        {
            yield return $"worker_pools.{pool.Name}.image: {pool.Template.Image} is made on this machine only; no other can pull it.";
        }

        foreach (var pool in cluster.Spec.Pools)
        {
            foreach (var name in pool.Template.Env.Keys.Where(BundleRules.LooksLikeSecret))
            {
                yield return $"worker_pools.{pool.Name}.env.{name} looks like a secret; nexus.yaml is published as it is, in clear.";
            }
        }
    }
}
