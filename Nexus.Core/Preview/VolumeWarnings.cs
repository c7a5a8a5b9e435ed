using System.Collections.Immutable;
using Nexus.Core.Placement;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Preview;

/// <summary>What a spec means for volumes that exist: which are on which node, and what keeps replicas from them.</summary>
public static class VolumeWarnings
{
    /// <summary>The warnings for a cluster as it is; they have no position.</summary>
    public static ImmutableArray<SpecProblem> For(ClusterSnapshot snapshot, ClusterSpec proposed)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(proposed);
        return
        [
            .. from pool in proposed.Pools
               where pool.StaysWithVolumes
               from home in HomesOf(pool, snapshot)
               let obstacle = ObstacleOf(pool, home, snapshot)
               where obstacle is not null
               select new SpecProblem(SpecSeverity.Warning, 0, 0, $"worker_pools.{pool.Name}.volumes",
                   $"{VolumeNames.Of(pool.Template)} on node {home.Node}: {obstacle}"),
            .. from before in snapshot.Spec?.Pools ?? []
               where before.StaysWithVolumes && proposed.Pools.All(p => p.Name != before.Name)
               from home in HomesOf(before, snapshot)
               select new SpecProblem(SpecSeverity.Warning, 0, 0, $"worker_pools.{before.Name}",
                   $"is removed; its {VolumeNames.Of(before.Template)} stays on node {home.Node}"),
            .. from pool in proposed.Pools
               let before = snapshot.Spec?.Pools.FirstOrDefault(p => p.Name == pool.Name)
               where before is { StaysWithVolumes: true }
               let gone = before.Template.Volumes.Where(v => v.IsNamed && pool.Template.Volumes.All(n => n.Source != v.Source)).ToList()
               where gone.Count > 0
               from home in HomesOf(before, snapshot)
               select new SpecProblem(SpecSeverity.Warning, 0, 0, $"worker_pools.{pool.Name}.volumes",
                   $"no longer mounts {string.Join(", ", gone.Select(v => v.Source))}, which stays on node {home.Node}"),
        ];
    }

    private static ImmutableArray<VolumeHome> HomesOf(PoolSpec pool, ClusterSnapshot snapshot) =>
        snapshot.Rollouts.GetValueOrDefault(pool.Name.Value)?.VolumeHomes ?? [];

    private static string? ObstacleOf(PoolSpec pool, VolumeHome home, ClusterSnapshot snapshot)
    {
        var node = snapshot.Nodes.GetValueOrDefault(home.Node.Value);
        return node switch
        {
            null or { Status: NodeStatus.Ready or NodeStatus.Unknown } when node?.Record is not { } record || Placer.MayRun(record, pool) => null,
            { Status: NodeStatus.Ready or NodeStatus.Unknown } =>
                "placement keeps the pool off that node, so its replicas wait; replicas do not start on another node without the data",
            _ => $"the node is {node!.Status.ToString().ToLowerInvariant()}, so its replica waits for it; "
                + $"to start it elsewhere without the data: nexus drain {home.Node} --leave-volumes",
        };
    }
}
