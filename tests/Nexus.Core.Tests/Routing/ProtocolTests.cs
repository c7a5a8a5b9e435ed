using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Routing;

/// <summary>Each replica is spoken to in the protocol of its own revision.</summary>
public sealed class ProtocolTests
{
    private static readonly PoolName Web = new("web");

    [Fact]
    public void During_a_rollout_both_protocols_stand_side_by_side_pushed_replicas_included()
    {
        var spec = SpecReader.Read("worker_pools: { web: { image: a, port: 80, min_replicas: 2, protocol: h2c } }", "x").Spec!;
        var current = PoolRevisions.Compute(spec.Pools[0].Template);
        var before = new PoolRevision("before");
        var readings = ImmutableDictionary<PoolName, PoolReading>.Empty.Add(Web, PoolReading.Listed(
        [
            new CatalogInstance(new AllocationId("a"), "10.0.0.1", 1, 0, InstanceHealth.Passing) { Revision = before },
            new CatalogInstance(new AllocationId("b"), "10.0.0.1", 2, 0, InstanceHealth.Passing) { Revision = current, Protocol = AppProtocol.H2c },
        ]));
        var news = ImmutableDictionary<AllocationId, AllocationNews>.Empty;
        foreach (var (id, revision) in (ReadOnlySpan<(string, PoolRevision)>)[("c", before), ("d", current), ("e", new PoolRevision("later"))])
        {
            news = AllocationNews.With(news, new(new AllocationId(id), Web, revision, new NodeName("n"), 0, NewsKind.Serving, "10.0.0.2", 3));
        }

        var routing = RoutingTable.Compute(new RoutingFacts(spec, 1, readings) { News = news }, RoutingSnapshot.Empty);

        Assert.Equal(
            ["a Http1", "b H2c", "c Http1", "d H2c", "e H2c"],
            routing.Find(Web)!.Destinations.Select(d => $"{d.Id} {d.Protocol}"));
    }
}
