using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.WorkerAgent.Convergence;

namespace Nexus.WorkerAgent.Peers;

/// <summary>How the allocations of watched nodes stand, as their agents tell it, and which of them died.</summary>
internal sealed class PeerBoard(WakeSignal wake, TimeProvider time)
{
    private ImmutableDictionary<NodeName, PeerNode> _nodes = ImmutableDictionary<NodeName, PeerNode>.Empty;

    /// <summary>Who died unasked and does not serve again.</summary>
    public ImmutableArray<PeerDeath> Deaths => [.. Volatile.Read(ref _nodes).Values.SelectMany(n => n.Deaths.Values)];

    /// <summary>Whether a node has told how its allocations stand.</summary>
    public bool Knows(NodeName node) => Volatile.Read(ref _nodes).ContainsKey(node);

    /// <summary>Takes in what an agent says of one of its allocations.</summary>
    public void Hear(NodeName node, AllocationNews news)
    {
        var died = false;
        ImmutableInterlocked.Update(ref _nodes, nodes =>
        {
            var before = nodes.GetValueOrDefault(node, PeerNode.Unheard);
            var after = before.After(news, time.GetUtcNow());
            died = after.Deaths.Count > before.Deaths.Count;
            return nodes.SetItem(node, after);
        });
        if (died)
        {
            wake.Set();
        }
    }

    /// <summary>Forgets a node: it is not watched any more, or its word broke off and what it said last may be over.</summary>
    public void Forget(NodeName node) => ImmutableInterlocked.TryRemove(ref _nodes, node, out _);
}

/// <summary>What one node has told.</summary>
/// <param name="Serving">What could take requests when it was last spoken of.</param>
/// <param name="Deaths">What could and ended.</param>
internal sealed record PeerNode(ImmutableHashSet<AllocationId> Serving, ImmutableDictionary<AllocationId, PeerDeath> Deaths)
{
    /// <summary>Nothing yet.</summary>
    public static PeerNode Unheard { get; } = new([], ImmutableDictionary<AllocationId, PeerDeath>.Empty);

    /// <summary>An end is a death unless the allocation was draining, or never served as far as one knows.</summary>
    public PeerNode After(AllocationNews news, DateTimeOffset now) => news.Standing switch
    {
        Standing.Serving => new(Serving.Add(news.Allocation), Deaths.Remove(news.Allocation)),
        Standing.Unhealthy => this,
        Standing.Draining => new(Serving.Remove(news.Allocation), Deaths.Remove(news.Allocation)),
        _ when Serving.Contains(news.Allocation) => new(
            Serving.Remove(news.Allocation),
            Deaths.SetItem(news.Allocation, new PeerDeath(news.Allocation, news.Pool, news.Revision, now))),
        _ => this,
    };
}
