using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>
/// Which node's standbys stand in for which other nodes' replicas without asking. Every node with replicas is watched by one
/// standby at most, so a death wakes one: by its own node's, else by the first that there is of its pool and revision.
/// </summary>
internal static class PeerWatches
{
    private static readonly StringComparer ById = StringComparer.Ordinal;

    /// <summary>What each node shall watch; nodes that watch nobody are left out.</summary>
    public static ImmutableDictionary<NodeName, ImmutableArray<PeerWatch>> Compute(ClusterSnapshot snapshot)
    {
        if (!snapshot.Assignments.Values.Any(a => a.Allocations.Any(x => x.Desired == DesiredStatus.Standby)))
        {
            return ImmutableDictionary<NodeName, ImmutableArray<PeerWatch>>.Empty;
        }

        var watches = new List<(NodeName Watcher, PeerWatch Watch)>();
        var alike = snapshot.Assignments.Values
            .Where(a => snapshot.Nodes.GetValueOrDefault(a.Node.Value)?.Status is not (null or NodeStatus.Lost))
            .SelectMany(a => a.Allocations.Select(x => (a.Node, Allocation: x)))
            .GroupBy(x => (x.Allocation.Pool, x.Allocation.Revision));
        foreach (var group in alike)
        {
            var standbys = group.Where(x => x.Allocation.Desired == DesiredStatus.Standby).OrderBy(x => x.Allocation.Id.Value, ById).ToList();
            if (standbys.Count == 0)
            {
                continue;
            }

            var helped = standbys.Select(x => x.Node).ToHashSet();
            watches.AddRange(group.Where(x => x.Allocation.Desired == DesiredStatus.Run && !helped.Contains(x.Node))
                .Select(x => x.Node).Distinct()
                .Select(node => (Node: node, Address: AddressOf(snapshot, node)))
                .Where(watched => watched.Address is not null)
                .Select(watched => (standbys[0].Node, new PeerWatch(
                    group.Key.Pool, group.Key.Revision, watched.Node, watched.Address!))));
        }

        return watches.GroupBy(w => w.Watcher).ToImmutableDictionary(
            g => g.Key,
            g => g.Select(w => w.Watch)
                .OrderBy(w => w.Pool.Value, ById).ThenBy(w => w.Revision.Value, ById).ThenBy(w => w.Node.Value, ById).ToImmutableArray());
    }

    /// <summary>Nodes whose assignment does not say yet what they shall watch.</summary>
    public static IEnumerable<NodeName> Outdated(ClusterSnapshot snapshot)
    {
        var wanted = Compute(snapshot);
        return snapshot.Assignments.Values
            .Where(a => !a.Watches.SequenceEqual(wanted.GetValueOrDefault(a.Node, [])))
            .Select(a => a.Node);
    }

    // While the record of a node cannot be read, its address is the one that was known before.
    private static string? AddressOf(ClusterSnapshot snapshot, NodeName node) =>
        snapshot.Nodes[node.Value].Record?.ApiAddress
        ?? snapshot.Assignments.Values.SelectMany(a => a.Watches).FirstOrDefault(w => w.Node == node)?.ApiAddress;
}
