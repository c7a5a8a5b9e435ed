using System.Collections.Immutable;
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
        if (count <= 0)
        {
            return [];
        }

        var chosen = new List<NodeName>(count);
        var stored = StoredTemplate.Of(pool.Template);
        _queue.Clear();
        _queue.EnqueueRange(nodes
            .Where(node => node.Node != avoid && Judge(node, pool, stored) == Verdict.Feasible)
            .Select(node => (node, RankOf(node, pool.Name, stands))));
        while (chosen.Count < count && _queue.TryDequeue(out var node, out _))
        {
            node.Reserve(pool.Name, pool.Template, stays: true, stands);
            chosen.Add(node.Node);
            if (Judge(node, pool, stored) == Verdict.Feasible)
            {
                _queue.Enqueue(node, RankOf(node, pool.Name, stands));
            }
        }

        return chosen;
    }

    /// <summary>
    /// Chooses nodes for replicas that follow their volumes: those that have volumes without a replica first. One whose volumes are on a
    /// node that cannot take it is not placed elsewhere; only what goes beyond all volumes starts where there are none.
    /// </summary>
    /// <param name="pool">The pool.</param>
    /// <param name="count">How many may start now.</param>
    /// <param name="missing">How many it lacks altogether: volumes that cannot be used yet are kept for some of these, and not for those that
    /// may start now, or the two would wait for each other.</param>
    /// <param name="homes">Where its volumes are.</param>
    public List<NodeName> TakeAtHome(PoolSpec pool, int count, int missing, ImmutableArray<VolumeHome> homes)
    {
        var chosen = new List<NodeName>();
        var waiting = 0;
        var stored = StoredTemplate.Of(pool.Template);
        foreach (var home in homes)
        {
            var node = nodes.FirstOrDefault(n => n.Node == home.Node);
            for (var free = FreeOf(home, node, pool.Name); free > 0; free--)
            {
                if (node is null || Judge(node, pool, stored) != Verdict.Feasible)
                {
                    waiting++;
                }
                else if (chosen.Count < count)
                {
                    node.Reserve(pool.Name, pool.Template, stays: true);
                    chosen.Add(home.Node);
                }
            }
        }

        return [.. chosen, .. Take(pool, Math.Min(count, missing - waiting) - chosen.Count)];
    }

    /// <summary>Why no further replica that follows its volumes is placed.</summary>
    public string ExplainAtHome(PoolSpec pool, ImmutableArray<VolumeHome> homes)
    {
        var barred = homes
            .Select(home => (home.Node, Room: nodes.FirstOrDefault(n => n.Node == home.Node), home))
            .Where(h => FreeOf(h.home, h.Room, pool.Name) > 0)
            .Select(h => $"{h.Node} ({(h.Room is null ? "not known" : Words(Judge(h.Room, pool, StoredTemplate.Of(pool.Template)), pool))})")
            .ToList();
        return barred.Count == 0
            ? Explain(pool)
            : $"{VolumeNames.Of(pool.Template)} on {string.Join(", ", barred)}; a replica does not start elsewhere without its data";
    }

    /// <summary>Whether a pool's placement allows a node, whatever runs there.</summary>
    public static bool MayRun(NodeRecord node, PoolSpec pool) =>
        (pool.Placement.Arch is not { } arch || arch == node.Arch) && CarriesAll(node, pool.Placement);

    // What is on a lost node still has its volumes, of whatever revision it is, and is waited for as a replica. One that was told to stop is
    // not: its volumes are for its successor.
    private static int FreeOf(VolumeHome home, NodeRoom? node, PoolName pool) =>
        home.Replicas - (node is null ? 0 : node.IsLost ? node.CountNotStopping(pool) : node.CountStaying(pool));

    /// <summary>Whether a node answers, but is taken out of use.</summary>
    public bool IsLeaving(NodeName node) => nodes.Any(n => n.Node == node && n.IsLeaving);

    /// <summary>Whether a node is ready and not taken out of use.</summary>
    public bool IsInUse(NodeName node) => nodes.Any(n => n.Node == node && n.IsReady);

    /// <summary>Whether any node would take one more.</summary>
    public bool HasRoom(PoolSpec pool) => StoredTemplate.Of(pool.Template) is var stored && nodes.Any(node => Judge(node, pool, stored) == Verdict.Feasible);

    /// <summary>Why no (further) node is feasible, as one sentence with a count per reason.</summary>
    public string Explain(PoolSpec pool)
    {
        if (nodes.Count == 0)
        {
            return "the cluster has no nodes";
        }

        var stored = StoredTemplate.Of(pool.Template);
        var reasons = nodes.GroupBy(n => Judge(n, pool, stored))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key)
            .Select(g => $"{g.Count()} {Words(g.Key, pool)}");
        return $"of {nodes.Count} node{(nodes.Count == 1 ? "" : "s")}: {string.Join(", ", reasons)}";
    }

    private static Verdict Judge(NodeRoom node, PoolSpec pool, StoredTemplate stored)
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
            _ when !node.HasAssignmentRoom(pool.Name, stored) => Verdict.AssignmentFull,
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
        Verdict.AssignmentFull => $"whose assignment is full (it is one value of the store and takes {NodeRoom.MaxAssignmentBytes} bytes; a template of this pool has {StoredTemplate.Of(pool.Template).Bytes})",
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
        AssignmentFull,
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
