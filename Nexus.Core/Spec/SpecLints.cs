using System.Collections.Immutable;

namespace Nexus.Core.Spec;

/// <summary>Doubts about a valid spec that only the cluster it is meant for can raise.</summary>
public static class SpecLints
{
    /// <summary>The warnings for a cluster with <paramref name="readyNodes"/> nodes; they have no position.</summary>
    public static ImmutableArray<SpecProblem> ForCluster(ClusterSpec spec, int readyNodes)
    {
        if (readyNodes == 0)
        {
            return spec.Pools.Any(pool => pool.MinReplicas > 0)
                ? [Warning("", "no node is ready: nothing can be placed until a worker agent joins")]
                : [];
        }

        return [.. spec.Pools.SelectMany(pool => pool.Placement.Spread == SpreadRule.Required ? OfSpread(pool, readyNodes) : OfHeld(pool, readyNodes))];
    }

    private static IEnumerable<SpecProblem> OfHeld(PoolSpec pool, int nodes)
    {
        if (pool.Template.HoldsExclusively && pool.MinReplicas > nodes)
        {
            yield return Warning($"worker_pools.{pool.Name}.min_replicas", $"{pool.MinReplicas} on {nodes} ready nodes, where a node takes one ("
                + $"{(pool.Template.HostPort is null ? "exclusive volume" : "host_port")}): {pool.MinReplicas - nodes} of them cannot be placed");
        }
    }

    private static IEnumerable<SpecProblem> OfSpread(PoolSpec pool, int nodes)
    {
        var key = $"worker_pools.{pool.Name}";
        if (pool.MinReplicas > nodes)
        {
            yield return Warning($"{key}.min_replicas", $"{pool.MinReplicas} on {nodes} ready nodes with spread: required: "
                + $"{pool.MinReplicas - nodes} of them cannot be placed");
        }
        else if (pool.MaxReplicas > nodes)
        {
            yield return Warning($"{key}.max_replicas", $"{pool.MaxReplicas} on {nodes} ready nodes with spread: required: "
                + $"it cannot grow beyond {nodes}");
        }

        if (pool.MinReplicas >= nodes && pool.Rollout.UnavailableFor(pool.Template) == 0)
        {
            yield return Warning($"{key}.rollout.max_unavailable", $"0 with spread: required and no node to spare ({nodes} ready): "
                + "a rollout would wait for ever; allow 1, or add a node");
        }
    }

    private static SpecProblem Warning(string key, string message) => new(SpecSeverity.Warning, 0, 0, key, message);
}
