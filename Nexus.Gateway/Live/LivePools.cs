using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Reporting;

namespace Nexus.Gateway.Live;

/// <summary>All pools that requests are sent to. Proxying follows these and not YARP's own destinations, so that a change of
/// destinations is one write.</summary>
internal sealed class LivePools(EjectionBook ejections, ReportSignal report, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, NodeEvidence> _nodes = new(StringComparer.Ordinal);
    private volatile FrozenDictionary<string, LivePool> _pools = FrozenDictionary<string, LivePool>.Empty;

    public ImmutableArray<LivePool> All => _pools.Values;

    /// <summary>Whom requests were sent to, and when that changed.</summary>
    public RotationJournal Journal { get; } = new(time);

    public LivePool? Find(string pool) => _pools.GetValueOrDefault(pool);

    public LiveDestination? FindAllocation(string allocation)
    {
        foreach (var pool in _pools.Values)
        {
            if (pool.Find(allocation) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>What the gateway's connections say of a node.</summary>
    public NodeEvidence EvidenceOf(string node) => _nodes.GetOrAdd(node, static name => new NodeEvidence(name));

    /// <summary>Puts the pools of a snapshot into force; others stay until <see cref="Prune"/>. Called by one loop at a time.</summary>
    public void Apply(RoutingSnapshot next, bool isFirst)
    {
        var before = _pools;
        var added = next.Pools.Select(p => p.Name.Value).Where(name => !before.ContainsKey(name)).ToList();
        if (added.Count > 0)
        {
            _pools = before.Values.Concat(added.Select(name => new LivePool(name, ejections, Journal, report.Set, time)))
                .ToFrozenDictionary(pool => pool.Name, StringComparer.Ordinal);
        }

        List<LiveDestination> over = [];
        foreach (var routing in next.Pools)
        {
            over.AddRange(_pools[routing.Name.Value].Apply(routing, next.SlowStart, next.Retry, isFirst, NodeOf));
        }

        foreach (var destination in over.Where(d => d.Pool.HasAnotherThan(d)))
        {
            destination.BreakOff();
        }
    }

    /// <summary>Forgets the pools that no route leads to any more; what is under way there ends by itself.</summary>
    public void Prune(RoutingSnapshot next)
    {
        var before = _pools;
        var routed = next.Pools.Select(p => p.Name.Value).ToHashSet(StringComparer.Ordinal);
        if (before.Keys.All(routed.Contains))
        {
            return;
        }

        _pools = before.Values.Where(pool => routed.Contains(pool.Name)).ToFrozenDictionary(pool => pool.Name, StringComparer.Ordinal);
        foreach (var gone in before.Values.Where(pool => !routed.Contains(pool.Name)))
        {
            gone.Close();
        }
    }

    private NodeEvidence? NodeOf(Destination destination) => destination.Node is { } node ? EvidenceOf(node.Value) : null;
}
