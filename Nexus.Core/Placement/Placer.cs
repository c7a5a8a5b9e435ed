using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Placement;

/// <summary>
/// Chooses nodes for new allocations: feasible ones only (ready, runtime, architecture, labels, room), those with fewest
/// replicas of the pool that are to stay first, then the least loaded, then by name, so that equal input gives an equal plan.
/// </summary>
internal sealed class Placer(IReadOnlyList<NodeRoom> nodes)
{
    // One for all pools: at ten thousand nodes each would be an array for the large object heap.
    private readonly PriorityQueue<NodeRoom, Rank> _queue = new(RankOrder.Instance);

    /// <summary>
    /// Chooses up to <paramref name="count"/> nodes and reserves their room. Fewer are returned when no more are feasible.
    /// O(nodes + count · log nodes): the order of a heap changes only at the node just taken.
    /// </summary>
    /// <param name="pool">The pool, with the template that is to be placed.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="stands">Whether they stand by: then away from one another first.</param>
    /// <param name="avoid">A node that is out of the question; null for none.</param>
    public List<NodeName> Take(PoolSpec pool, int count, bool stands = false, NodeName? avoid = null)
    {
        var chosen = new List<NodeName>(count);
        if (count <= 0)
        {
            return chosen;
        }

        _queue.Clear();
        _queue.EnqueueRange(nodes
            .Where(node => node.Node != avoid && Judge(node, pool) == Verdict.Feasible)
            .Select(node => (node, RankOf(node, pool.Name, stands))));
        while (chosen.Count < count && _queue.TryDequeue(out var node, out _))
        {
            node.Reserve(pool.Name, pool.Template, stays: true, stands);
            chosen.Add(node.Node);
            if (Judge(node, pool) == Verdict.Feasible)
            {
                _queue.Enqueue(node, RankOf(node, pool.Name, stands));
            }
        }

        return chosen;
    }

    /// <summary>Whether any node would take one more.</summary>
    public bool HasRoom(PoolSpec pool) => nodes.Any(node => Judge(node, pool) == Verdict.Feasible);

    /// <summary>Why no (further) node is feasible, as one sentence with a count per reason.</summary>
    public string Explain(PoolSpec pool)
    {
        if (nodes.Count == 0)
        {
            return "the cluster has no nodes";
        }

        var reasons = nodes.GroupBy(n => Judge(n, pool))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key)
            .Select(g => $"{g.Count()} {Words(g.Key, pool)}");
        return $"of {nodes.Count} node{(nodes.Count == 1 ? "" : "s")}: {string.Join(", ", reasons)}";
    }

    private static Verdict Judge(NodeRoom node, PoolSpec pool)
    {
        var placement = pool.Placement;
        var template = pool.Template;
        return node switch
        {
            { IsLeaving: true } => Verdict.Leaving,
            { IsInDoubt: true } => Verdict.InDoubt,
            { IsReady: false } or { Record: null } => Verdict.NotReady,
            { Record.Runtime: RuntimeKind.Process } when template.Process is null => Verdict.NeedsEngine,
            { Record.Runtime: RuntimeKind.Docker } when template.Image.Length == 0 => Verdict.NeedsProcess,
            _ when placement.Arch is { } arch && arch != node.Record.Arch => Verdict.WrongArch,
            _ when !CarriesAll(node.Record, placement) => Verdict.LabelsMissing,
            _ when placement.Spread == SpreadRule.Required && node.CountOf(pool.Name) > 0 => Verdict.HasReplica,
            _ when node.HoldsClaimOf(template) => Verdict.Held,
            _ when !node.HasCpu(template.Resources) => Verdict.NoCpu,
            _ when !node.HasMemory(template.Resources) => Verdict.NoMemory,
            _ => Verdict.Feasible,
        };
    }

    private static bool CarriesAll(NodeRecord node, PlacementSpec placement)
    {
        foreach (var (label, value) in placement.Constraints)
        {
            if (!node.Labels.TryGetValue(label, out var found) || found != value)
            {
                return false;
            }
        }

        return true;
    }

    private static string Words(Verdict verdict, PoolSpec pool) => verdict switch
    {
        Verdict.NotReady => "not ready",
        Verdict.InDoubt => "with records that are missing or cannot be read",
        Verdict.Leaving => "taken out of use",
        Verdict.NeedsEngine => "without a container engine (the pool has no process command)",
        Verdict.NeedsProcess => "with containers only (the pool has no image)",
        Verdict.WrongArch => $"not {pool.Placement.Arch}",
        Verdict.LabelsMissing => $"without {string.Join(", ", pool.Placement.Constraints.Select(c => $"{c.Key}={c.Value}"))}",
        Verdict.HasReplica => "already holding a replica (spread: required)",
        Verdict.Held => "holding its host port or exclusive volume already",
        Verdict.NoCpu => $"without {pool.Template.Resources.CpuMillicores / 1000.0} cpu free",
        Verdict.NoMemory => $"without {pool.Template.Resources.MemoryBytes / (1024 * 1024)} MiB of memory free",
        _ => "feasible",
    };

    private static Rank RankOf(NodeRoom node, PoolName pool, bool stands) =>
        new(stands ? node.CountStanding(pool) : 0, node.CountStaying(pool), node.Load, node.Count, node.Node.Value);

    private enum Verdict
    {
        Feasible,
        NotReady,
        InDoubt,
        Leaving,
        NeedsEngine,
        NeedsProcess,
        WrongArch,
        LabelsMissing,
        HasReplica,
        Held,
        NoCpu,
        NoMemory,
    }

    private readonly record struct Rank(int Standing, int OfPool, double Load, int Total, string Name);

    private sealed class RankOrder : IComparer<Rank>
    {
        public static readonly RankOrder Instance = new();

        public int Compare(Rank x, Rank y)
        {
            var order = x.Standing.CompareTo(y.Standing);
            order = order != 0 ? order : x.OfPool.CompareTo(y.OfPool);
            order = order != 0 ? order : x.Load.CompareTo(y.Load);
            order = order != 0 ? order : x.Total.CompareTo(y.Total);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
