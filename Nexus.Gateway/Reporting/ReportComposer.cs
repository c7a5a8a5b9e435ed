using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.State;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Reporting;

/// <summary>Composes what this gateway says of itself from what is in force.</summary>
internal sealed class ReportComposer(
    RoutingState routing, ProxyRoutes routes, LivePools pools, EvidenceComposer evidence, IOptions<GatewayOptions> options, TimeProvider time)
{
    private static readonly ImmutableSortedDictionary<string, RevisionStats> NoRevisions = ImmutableSortedDictionary<string, RevisionStats>.Empty;
    private static readonly TimeSpan TrafficInterval = TimeSpan.FromSeconds(1);

    private ImmutableArray<RevisionTraffic> _traffic = [];
    private long? _trafficAt;

    public GatewayReport Compose()
    {
        var snapshot = routing.Current;
        return new GatewayReport
        {
            Gateway = options.Value.Name,
            SpecRevision = snapshot.SpecRevision,
            RoutingRevision = snapshot.Revision,
            RoutesRevision = snapshot.RoutesRevision,
            Refused = [.. snapshot.Refused, .. routes.Refused],
            Pools = [.. snapshot.Pools.Select(pool => pool.Name)],
            Destinations = [.. snapshot.Pools.SelectMany(pool => pool.Destinations.Select(d => Say(pool, d)))],
            Traffic = Traffic(snapshot),
            Nodes = evidence.Nodes(snapshot),
            Evidence = evidence.Replicas(snapshot),
        };
    }

    private GatewayDestination Say(PoolRouting pool, Destination destination)
    {
        var live = pools.Find(pool.Name.Value)?.Find(destination.Id.Value);
        return pool.TakesRequests(destination) || live is null || live.TakesRequests
            ? new(destination.Id, destination.Attempt, pool.TakesRequests(destination), 0, 0)
            : new(destination.Id, destination.Attempt, false, live.InFlight, live.WebSockets);
    }

    // Changes with every request, and is worth a write only now and then.
    private ImmutableArray<RevisionTraffic> Traffic(RoutingSnapshot snapshot)
    {
        if (_trafficAt is { } at && time.GetElapsedTime(at) < TrafficInterval)
        {
            return _traffic;
        }

        _trafficAt = time.GetTimestamp();
        return _traffic =
        [
            .. snapshot.Pools.SelectMany(pool => (pools.Find(pool.Name.Value)?.Revisions ?? NoRevisions).Select(revision =>
            {
                var (requests, failures, p95) = revision.Value.Read();
                return new RevisionTraffic(pool.Name, new PoolRevision(revision.Key), requests, failures, p95);
            })),
        ];
    }
}
