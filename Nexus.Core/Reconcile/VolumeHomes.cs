using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>
/// Which nodes have the volumes of a pool's replicas. A volume does not move: a replica that is started on another node finds an
/// empty one there. So the nodes are written down with the rollout, and a replica's successor goes to a node that has room for it
/// among them, or waits for one.
/// </summary>
internal static class VolumeHomes
{
    /// <summary>The nodes after this look: those known before and those where replicas have run, fewer where fewer replicas are wanted.</summary>
    /// <param name="view">The pool.</param>
    /// <param name="before">Those known before.</param>
    /// <param name="snapshot">The cluster.</param>
    public static ImmutableArray<VolumeHome> Compute(PoolView view, ImmutableArray<VolumeHome> before, ClusterSnapshot snapshot)
    {
        var present = view.Members
            .Where(m => m is { Assignment.Desired: DesiredStatus.Run, Observed: { Phase: AllocationPhase.Running } or { StartedAt: not null } })
            .GroupBy(m => m.Node)
            .ToDictionary(node => node.Key, node => node.GroupBy(m => m.Revision).Max(revision => revision.Count()));
        var homes = before.ToDictionary(home => home.Node, home => home.Replicas);
        foreach (var (node, count) in present)
        {
            homes[node] = Math.Max(count, homes.GetValueOrDefault(node));
        }

        var surplus = view.Desired == 0 ? 0 : homes.Where(home => !IsReleased(home.Key, snapshot)).Sum(home => home.Value) - view.Desired;
        return
        [
            .. homes.OrderBy(home => home.Key.Value, StringComparer.Ordinal)
                .Where(home => !IsReleased(home.Key, snapshot))
                .Select(home =>
                {
                    var dropped = Math.Clamp(surplus, 0, home.Value - present.GetValueOrDefault(home.Key));
                    surplus -= dropped;
                    return new VolumeHome(home.Key, home.Value - dropped);
                })
                .Where(home => home.Replicas > 0),
        ];
    }

    /// <summary>Members with what their volumes mean for them: one on a node that is taken out of use does not leave it.</summary>
    public static IReadOnlyList<Member> Hold(IReadOnlyList<Member> members, ClusterSnapshot snapshot) =>
    [
        .. members.Select(m => IsReleased(m.Node, snapshot) ? m : m with
        {
            IsHeldByVolume = true,
            IsLeaving = m.IsLeaving && m.Assignment.Desired != DesiredStatus.Run,
        }),
    ];

    /// <summary>Whether the data of volumes on the node was given up: by a drain that leaves them, or with the node itself.</summary>
    public static bool IsReleased(NodeName node, ClusterSnapshot snapshot) =>
        !snapshot.Nodes.ContainsKey(node.Value)
        || snapshot.Eligibility.GetValueOrDefault(node.Value) is { Draining: true, LeaveVolumes: true };
}
