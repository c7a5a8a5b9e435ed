using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Routing;

public sealed class RoutingTableTests
{
    [Theory]
    [InlineData("only what passes gets requests", "a+ b- c~", "Current: a+ b- c~")]
    [InlineData("an instance without an allocation is not ours", "?+ a+", "Current: a+")]
    [InlineData("who comes back gets requests again", "a+ b+ | a+ b- | a+ b+", "Current: a+ b+")]
    [InlineData("who is deregistered is gone", "a+ b+ | a+", "Current: a+")]
    [InlineData("nothing was ever there", "", "Current:")]
    [InlineData("a failed read says nothing", "a+ b+ | fail", "LastKnown: a+ b+")]
    [InlineData("a failed read brings nobody back", "a+ b- | fail", "LastKnown: a+ b-")]
    [InlineData("an empty read is not zero replicas", "a+ b+ | ", "LastKnown: a+ b+")]
    [InlineData("strangers only is as empty", "a+ b+ | ?+", "LastKnown: a+ b+")]
    [InlineData("an empty read after a failed one neither", "a+ b+ | fail | ", "LastKnown: a+ b+")]
    [InlineData("a whole read ends the doubt", "a+ b+ | fail | a+ b-", "Current: a+ b-")]
    [InlineData("one replica that fails is a failed replica", "a+ | a-", "Current: a-")]
    [InlineData("all that fail at once are a failed check", "a+ b+ | a- b-", "Panic: a+ b+")]
    [InlineData("also one after the other", "a+ b+ c+ | a- b+ c+ | a- b- c+ | a- b- c-", "Panic: a+ b+ c+")]
    [InlineData("maintenance is on purpose", "a+ b+ | a~ b~", "Current: a~ b~")]
    [InlineData("maintenance stays out of a panic", "a+ b+ c+ | a- b- c~", "Panic: a+ b+ c~")]
    [InlineData("one failing beside maintenance is no panic", "a+ b+ | a- b~", "Current: a- b~")]
    [InlineData("who never served gets no benefit of the doubt", "a- b-", "Current: a- b-")]
    [InlineData("a new life has not served", "a+ b+ | a-1 b-1", "Current: a- b-")]
    [InlineData("a newcomer stays out of a panic", "a+ b+ | a- b- c-", "Panic: a+ b+ c-")]
    [InlineData("a panic ends with the first that passes", "a+ b+ | a- b- | a- b+", "Current: a- b+")]
    [InlineData("a panic holds while replicas leave", "a+ b+ | a- b- | a-", "Panic: a+")]
    [InlineData("a panic outlasts a failed read", "a+ b+ | a- b- | fail | a- b-", "Panic: a+ b+")]
    [InlineData("of two lives the later counts", "a+ a-1", "Current: a-")]
    public void Compute_believes_the_catalog_as_far_as_it_can_be_true(string because, string readings, string expected) =>
        Assert.True(expected == Traffic.Show(Traffic.Replay(readings)), $"{because}: {Traffic.Show(Traffic.Replay(readings))}");

    [Fact]
    public void Compute_believes_an_empty_read_where_the_spec_allows_it() =>
        Assert.Equal("Current:", Traffic.Show(Traffic.Replay("a+ b+ | ", minReplicas: 0)));

    [Fact]
    public void Compute_keeps_replicas_that_a_catalog_which_lost_everything_does_not_list_yet()
    {
        var before = Traffic.Replay("a+ b+ c+");

        var filling = RoutingTable.Compute(Facts("b+ d-", isLost: true), before);
        Assert.Equal("LastKnown: a+ b+ c+ d-", Traffic.Show(filling));
        Assert.Equal("Current: b+ c+", Traffic.Show(RoutingTable.Compute(Facts("b+ c+", isLost: false), filling)));

        static RoutingFacts Facts(string read, bool isLost) =>
            new(Traffic.Spec(), 1, ImmutableDictionary<PoolName, PoolReading>.Empty.Add(Traffic.Web, Traffic.Read(read))) { SpecIsLost = isLost };
    }

    [Fact]
    public void Compute_gives_the_same_snapshot_when_nothing_changed()
    {
        var first = Traffic.Replay("a+ b-");
        Assert.Same(first, Traffic.Apply(first, Traffic.Read("b- a+")));
        Assert.Equal(first.Revision + 1, Traffic.Apply(first, Traffic.Read("a+ b+")).Revision);
    }

    [Fact]
    public void Compute_keeps_what_it_had_of_a_pool_not_looked_at_yet()
    {
        var before = Traffic.Replay("a+ b+");
        var after = RoutingTable.Compute(new RoutingFacts(Traffic.Spec(), 2, ImmutableDictionary<PoolName, PoolReading>.Empty), before);
        Assert.Equal("LastKnown: a+ b+", Traffic.Show(after));
        Assert.Equal(2, after.SpecRevision);
    }

    [Fact]
    public void Compute_drops_pools_that_no_route_leads_to_and_keeps_a_route_to_an_unknown_pool()
    {
        var spec = Traffic.Spec(1, new RouteSpec { Pool = new PoolName("ghost") });
        var after = RoutingTable.Compute(new RoutingFacts(spec, 2, ImmutableDictionary<PoolName, PoolReading>.Empty), Traffic.Replay("a+"));
        Assert.Equal(["ghost"], after.Pools.Select(p => p.Name.Value));
        Assert.Empty(after.Pools[0].Destinations);
    }

    [Fact]
    public void Compute_writes_addresses_that_a_client_can_use()
    {
        var instance = new CatalogInstance(new AllocationId("a"), "fd00::7", 81, 3, InstanceHealth.Passing);
        var silent = instance with { Allocation = new AllocationId("b"), Port = 0 };
        var pool = Traffic.Apply(RoutingSnapshot.Empty, PoolReading.Listed([instance, silent])).Find(Traffic.Web)!;
        Assert.Equal(["http://[fd00::7]:81"], pool.Destinations.Select(d => d.Address));
    }

    [Fact]
    public void Order_is_by_host_then_by_longest_prefix()
    {
        string[] given = ["| /", "|/api", "*.b.c|/x", "*.c|/", "a.b.c|/", "|/api/v1", "A.B.C|/api"];
        var spec = Traffic.Spec(1, [.. given.Select(Parse)]);
        string[] expected = ["a.b.c|/api", "a.b.c|/", "*.b.c|/x", "*.c|/", "|/api/v1", "|/api", "|/"];
        Assert.Equal(expected, RouteOrder.Compute(spec).Select(r => $"{r.Host}|{r.Path}"));

        static RouteSpec Parse(string text) => text.Split('|') is [var host, var path]
            ? new RouteSpec { Host = host.Length == 0 ? null : host, Path = path.Trim(), Pool = Traffic.Web }
            : throw new FormatException(text);
    }

    [Fact]
    public void ProbePlan_asks_from_outside_what_can_be_asked_so()
    {
        Assert.Null(ProbePlan.For(new HealthSpec { Type = HealthCheckType.None }));
        Assert.Equal(HealthCheckType.Tcp, ProbePlan.For(new HealthSpec { Type = HealthCheckType.Script })!.Type);
        Assert.Equal("/up", ProbePlan.For(new HealthSpec { Type = HealthCheckType.Http, Path = "/up" })!.Path);
    }
}
