using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.State;
using Nexus.Orchestrator.Api;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Tests;

/// <summary>Clocks that differ: what people are told, and the order of events.</summary>
public sealed class ClockSkewTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_difference_is_known_with_the_second_report_and_the_quickest_one_counts()
    {
        var clocks = new NodeClocks(_time);

        Assert.Empty(clocks.Look(Reported(_time.GetUtcNow().AddSeconds(180))));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(178), clocks.Look(Reported(_time.GetUtcNow().AddSeconds(178)))["n1"]);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(180), clocks.Look(Reported(_time.GetUtcNow().AddSeconds(180)))["n1"]);

        // Consul was away for half a minute: the report is late, the clock is not.
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(180), clocks.Look(Reported(_time.GetUtcNow().AddSeconds(150)))["n1"]);
        Assert.Empty(clocks.Look(new ClusterSnapshot()));
    }

    [Fact]
    public void Status_names_the_node_the_difference_and_the_limit()
    {
        var problem = Assert.Single(Problems(("n1", 180), ("n2", 0.2)));

        Assert.Contains("Clock skew: the clock of node n1 is 3m ahead of manager m1's (limit 5s)", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_all_nodes_differ_alike_the_managers_clock_is_named() =>
        Assert.Contains("the clock of manager m1 is at least 3m behind those of all 2 nodes", Assert.Single(Problems(("n1", 180), ("n2", 181))), StringComparison.Ordinal);

    [Fact]
    public void Small_differences_are_nothing_to_speak_of() => Assert.Empty(Problems(("n1", 5), ("n2", -4.9)));

    [Fact]
    public void Events_come_in_the_order_in_which_they_were_written_whatever_their_writers_clocks_say()
    {
        ImmutableArray<KvPair> pairs = [Event("01B", 30, "third"), Event("01A", 10, "first"), Event("01Z", 20, "second")];

        Assert.Equal(["first", "second", "third"], EventEndpoints.Read(pairs, "").Select(e => e.View.Message));
        Assert.Equal(["third"], EventEndpoints.Read(pairs, "01Z").Select(e => e.View.Message));
        Assert.Equal(["third"], EventEndpoints.Read(pairs, "01Z", 20).Select(e => e.View.Message));
    }

    [Fact]
    public void After_an_event_that_is_gone_its_id_decides() =>
        Assert.Equal(["second"], EventEndpoints.Read([Event("01A", 10, "first"), Event("01Z", 20, "second")], "01C").Select(e => e.View.Message));

    private static ImmutableArray<string> Problems(params (string Node, double Seconds)[] differences)
    {
        var stored = new StoredCluster(new ClusterSnapshot(), null, default, 0, ImmutableDictionary<string, ulong>.Empty, [], []);
        var look = new Look(stored, new ReconcilePlan(0, [], [], null), DateTimeOffset.UnixEpoch)
        {
            ClockDifferences = differences.ToImmutableSortedDictionary(d => d.Node, d => TimeSpan.FromSeconds(d.Seconds), StringComparer.Ordinal),
        };
        return StatusWarnings.Of(look, "m1", Limit);
    }

    private static ClusterSnapshot Reported(DateTimeOffset clock)
    {
        var snapshot = new ClusterSnapshot();
        return snapshot with { Observations = snapshot.Observations.Add("n1", new NodeObservation { Node = new NodeName("n1"), Clock = clock }) };
    }

    private static KvPair Event(string id, ulong index, string message) => new(
        StateKeys.Event(id),
        Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","at":"2030-01-01T00:00:00Z","kind":"K","message":"{{message}}","source":"worker/n1"}"""),
        index, index, 0, null, 0);
}
