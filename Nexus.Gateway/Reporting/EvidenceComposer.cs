using System.Collections.Immutable;
using Nexus.Core.Routing;
using Nexus.Core.State;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;

namespace Nexus.Gateway.Reporting;

/// <summary>Composes what the gateway reports of single nodes and replicas: only of those that give a reason to, for each change is
/// a write to Consul.</summary>
internal sealed class EvidenceComposer(LivePools pools, NodeDoubts doubts, EjectionBook book, TimeProvider time)
{
    /// <summary>How old evidence about a node may be.</summary>
    public static readonly TimeSpan EvidenceWindow = TimeSpan.FromSeconds(5);

    // From so many requests and such a share of failures on a replica is worth a word.
    private const long FewestRequests = 10;
    private const long NotableShare = 10;

    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(5);

    private Dictionary<string, (long Requests, long Failures)> _counts = new(StringComparer.Ordinal);
    private long? _countedAt;

    /// <summary>Nodes that somebody doubts.</summary>
    public ImmutableArray<NodeWitness> Nodes(RoutingSnapshot snapshot) =>
    [
        .. snapshot.Pools.SelectMany(pool => pool.Destinations)
            .Where(d => d.Node is { } node && (d.IsDoubted || doubts.Silent.Contains(node.Value)))
            .Select(d => d.Node!.Value)
            .Distinct()
            .OrderBy(node => node.Value, StringComparer.Ordinal)
            .Select(node => (Node: node, IsReachable: pools.EvidenceOf(node.Value).IsReachable(time, EvidenceWindow)))
            .Where(seen => seen.IsReachable is not null)
            .Select(seen => new NodeWitness(seen.Node, seen.IsReachable!.Value)),
    ];

    /// <summary>Replicas that are ejected, at once; and those of which a notable share of requests fails, every few seconds.</summary>
    public ImmutableArray<ReplicaEvidence> Replicas(RoutingSnapshot snapshot)
    {
        Count(snapshot);
        var evidence = ImmutableArray.CreateBuilder<ReplicaEvidence>();
        foreach (var pool in snapshot.Pools)
        {
            foreach (var destination in pool.InRotation)
            {
                var id = destination.Id.Value;
                var counts = _counts.GetValueOrDefault(id);
                var ejection = EjectionOf(id, destination);
                if (ejection is not null || IsNotable(counts))
                {
                    evidence.Add(new ReplicaEvidence(
                        destination.Id, pool.Name, destination.Attempt, ejection is null ? null : EjectionWords.Of(ejection.Reason),
                        ejection?.Since, counts.Requests, counts.Failures));
                }
            }
        }

        return evidence.ToImmutable();
    }

    private static bool IsNotable((long Requests, long Failures) counts) =>
        counts.Requests >= FewestRequests && counts.Failures * NotableShare >= counts.Requests;

    private EjectionEntry? EjectionOf(string id, Destination destination) =>
        book.Find(id) is { Standing.Phase: EjectionPhase.Ejected } entry && entry.Life == LiveDestination.LifeOf(destination) ? entry : null;

    // An ejected replica gets no requests: the counts that it was ejected with say more than none.
    private void Count(RoutingSnapshot snapshot)
    {
        var isDue = _countedAt is not { } at || time.GetElapsedTime(at) >= CountInterval;
        var counts = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
        foreach (var pool in snapshot.Pools)
        {
            foreach (var destination in pool.InRotation)
            {
                var id = destination.Id.Value;
                var isKnown = _counts.TryGetValue(id, out var known);
                var isEjected = EjectionOf(id, destination) is not null;
                if (isEjected && isKnown && IsNotable(known))
                {
                    counts[id] = known;
                }
                else if ((isDue || (isEjected && !isKnown)) && pools.Find(pool.Name.Value)?.Find(id) is { } live)
                {
                    var now = live.Traffic.Read(TrafficWindow.Longest);
                    if (isEjected || IsNotable(now))
                    {
                        counts[id] = now;
                    }
                }
                else if (!isDue && isKnown)
                {
                    counts[id] = known;
                }
            }
        }

        _counts = counts;
        _countedAt = isDue ? time.GetTimestamp() : _countedAt;
    }
}
