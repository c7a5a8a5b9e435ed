using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Tests;

/// <summary>What is concluded from silence, with a clock of our own.</summary>
public sealed class NodeTrackerTests
{
    private static readonly NodeName N1 = new("n1");
    private readonly FakeTimeProvider _time = new();
    private readonly NodeTracker _tracker;

    public NodeTrackerTests() => _tracker = new NodeTracker(
        Options.Create(new OrchestratorOptions { NodeLostAfter = TimeSpan.FromSeconds(15), NodeForgottenAfter = TimeSpan.FromHours(1) }), _time);

    [Fact]
    public void A_node_never_seen_answering_is_lost_only_after_the_full_silence()
    {
        Assert.Equal(NodeStatus.Unknown, Look());
        After(14);
        Assert.Equal(NodeStatus.Unknown, Look(out var judgement));
        Assert.Equal(TimeSpan.FromSeconds(1), judgement.NextChange);
        After(1);
        Assert.Equal(NodeStatus.Lost, Look());
        Assert.Equal(NodeStatus.Ready, Look("n1"));
        Assert.Equal(NodeStatus.Suspect, Look());
    }

    [Fact]
    public void A_silent_node_that_a_gateway_reaches_is_suspect_for_as_long_as_that_holds()
    {
        Look("n1");
        for (var i = 0; i < 20; i++)
        {
            After(10);
            Assert.Equal(NodeStatus.Suspect, Look(Reached(true)));
        }

        After(10);
        Assert.Equal(NodeStatus.Suspect, Look(Reached(false)));
        After(10);
        Assert.Equal(NodeStatus.Suspect, Look(Snapshot()));
        After(5);
        Assert.Equal(NodeStatus.Lost, Look(Snapshot()));
        Assert.Equal(NodeStatus.Lost, Look(Reached(true)));
    }

    [Fact]
    public void Time_in_which_nobody_looked_does_not_count_as_silence()
    {
        Look("n1");
        Look();
        After(3_600);
        Assert.Equal(NodeStatus.Suspect, Look());
        After(14);
        Assert.Equal(NodeStatus.Suspect, Look());
        After(1);
        Assert.Equal(NodeStatus.Lost, Look());
    }

    [Fact]
    public void A_new_leader_concludes_nothing_from_what_it_saw_before()
    {
        Look();
        After(15);
        Assert.Equal(NodeStatus.Lost, Look());

        _tracker.Reset();

        Assert.Equal(NodeStatus.Unknown, Look());
        After(15);
        Assert.Equal(NodeStatus.Lost, Look());
    }

    [Fact]
    public void A_node_taken_out_of_use_is_draining_then_drained_and_lost_when_silent()
    {
        var taken = Snapshot() with { Eligibility = Wishes(new NodeEligibility(N1, true, "", "ann", _time.GetUtcNow())) };
        var full = taken with { Assignments = Map(new NodeAssignment { Node = N1, Allocations = [new(new("web-1-0"), new("web"), new("r1"), DesiredStatus.Run, "")] }) };

        Assert.Equal(NodeStatus.Draining, Look(full, "n1"));
        Assert.Equal(NodeStatus.Drained, Look(taken, "n1"));
        Assert.Equal(NodeStatus.Ready, Look("n1"));
        Assert.Equal(NodeStatus.Suspect, Look(taken));
        After(15);
        Assert.Equal(NodeStatus.Lost, Look(taken));
    }

    [Fact]
    public void A_lost_node_is_forgotten_after_long_or_when_a_person_removes_it()
    {
        Look();
        After(15);
        var removed = Snapshot() with { Eligibility = Wishes(new NodeEligibility(N1, false, "", "ann", _time.GetUtcNow()) { Forget = true }) };
        Look(out var lost);
        Assert.Empty(lost.Forgotten);
        Assert.Equal([N1], _tracker.Look(removed, None).Forgotten);
        Assert.Empty(_tracker.Look(removed, ImmutableHashSet.Create("n1")).Forgotten);

        After(15);
        Look();
        After(15);
        Assert.Equal(NodeStatus.Lost, Look(out lost));
        Assert.Empty(_tracker.Look(removed, None).Forgotten);
        for (var i = 0; i < 359; i++)
        {
            Assert.Empty(lost.Forgotten);
            After(10);
            Look(out lost);
        }

        Assert.Equal([N1], lost.Forgotten);
    }

    private static readonly ImmutableHashSet<string> None = [];

    private void After(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private NodeStatus Look(params string[] answering) => Look(Snapshot(), answering);

    private NodeStatus Look(ClusterSnapshot snapshot, params string[] answering) =>
        _tracker.Look(snapshot, answering.ToImmutableHashSet()).Statuses["n1"];

    private NodeStatus Look(out NodeJudgement judgement)
    {
        judgement = _tracker.Look(Snapshot(), None);
        return judgement.Statuses["n1"];
    }

    private static ClusterSnapshot Reached(bool reachable) => Snapshot() with
    {
        Gateways = ImmutableSortedDictionary.Create<string, GatewayReport>(StringComparer.Ordinal)
            .Add("g1", new GatewayReport { Gateway = "g1", Nodes = [new NodeWitness(N1, reachable)] }),
    };

    private static ImmutableSortedDictionary<string, NodeEligibility> Wishes(NodeEligibility wish) =>
        ImmutableSortedDictionary.Create<string, NodeEligibility>(StringComparer.Ordinal).Add("n1", wish);

    private static ImmutableSortedDictionary<string, NodeAssignment> Map(NodeAssignment assignment) =>
        ImmutableSortedDictionary.Create<string, NodeAssignment>(StringComparer.Ordinal).Add("n1", assignment);

    private static ClusterSnapshot Snapshot() => new()
    {
        Nodes = ImmutableSortedDictionary.Create<string, NodeState>(StringComparer.Ordinal).Add("n1", new NodeState(
            new NodeRecord
            {
                Node = N1,
                Capacity = default,
                Arch = "amd64",
                Address = "127.0.0.1",
                ApiAddress = "http://127.0.0.1:9",
                ConsulNode = "c",
                AgentVersion = "1",
            },
            NodeStatus.Unknown)),
    };
}
