using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.State.AllocationPhase;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class StandbyConvergenceTests
{
    private static readonly LeaderWord Held = new(3, 5);
    private static readonly AllocationMemory Asleep = Remembered("s", Paused);
    private static readonly AllocationMemory StandsIn = Remembered("s", Running) with { StandsIn = Held };

    public static TheoryData<string, NodeSnapshot, string> Cases => new()
    {
        { "a standby is started like any", Snapshot(Assigned(Standby("s")), []), "start s #0" },
        { "one that runs is proven first", Snapshot(Assigned(Standby("s")), [Live("s")], Remembered("s", Starting)), "adopt s#0" },
        { "one that sleeps is let lie", Snapshot(Assigned(Standby("s")), [Sleeps("s")], Asleep), "" },
        { "one found asleep by a new agent is taken up so", Snapshot(Assigned(Standby("s")), [Sleeps("s")]), "paused s#0" },
        { "one asleep is in no catalog", Snapshot(Assigned(Standby("s")), [Sleeps("s")], Asleep).Registered("s"), "deregister s" },
        { "one that serves is drained first",
            Snapshot(Assigned(Standby("s")), [Live("s")], Remembered("s", Running)).Registered("s"), "drain and pause s#0" },
        { "also when only the catalog knows that it serves", Snapshot(Assigned(Standby("s")), [Live("s")]).Registered("s"), "drain and pause s#0" },
        { "a drain that broke off is begun anew",
            Snapshot(Assigned(Standby("s")), [Live("s")], Remembered("s", Draining)), "drain and pause s#0" },
        { "wanted to run it is woken", Snapshot(Assigned(Run("s")), [Sleeps("s")], Asleep), "wake s#0" },
        { "also by a new agent", Snapshot(Assigned(Run("s")), [Sleeps("s")]), "wake s#0" },
        { "unwanted it is stopped", Snapshot(Assigned(Stop("s")), [Sleeps("s")], Asleep), "stop s#0" },
        { "its end is recorded and answered", Snapshot(Assigned(Standby("s")), [Dead("s")], Asleep), "record s#0" },
        { "while its pool comes up it stays asleep",
            Snapshot(Assigned(Run("a"), Standby("s")), [Sleeps("s")], Asleep).Busy("a", OngoingWork.Starting), "" },
        { "it stands in for a crash at once",
            Snapshot(Assigned(Run("a"), Standby("s")), [Dead("a"), Sleeps("s")],
                Remembered("a", Running) with { ExitHeard = true }, Asleep), "record a#0, stand in s#0" },
        { "and for a hang",
            Snapshot(Assigned(Run("a"), Run("b"), Standby("s")), [Live("a"), Live("b"), Sleeps("s")],
                Remembered("a", Running) with { UnhealthySince = Now, Sick = SickKind.Silent }, Remembered("b", Running), Asleep)
                .Registered("a", "b"), "kill a#0, stand in s#0" },
        { "and for a crash on a node that it watches",
            Snapshot(Assigned(Standby("s")), [Sleeps("s")], Asleep) with { PeerDeaths = [Death("a", 0)] }, "stand in s#0" },
        { "which the leader was given time to answer",
            Snapshot(Assigned(Standby("s")), [Sleeps("s")], Asleep) with { PeerDeaths = [Death("a", 10)] }, "" },
        { "of another pool it knows nothing",
            Snapshot(Assigned(Standby("s")), [Sleeps("s")], Asleep) with { PeerDeaths = [Death("a", 0) with { Pool = new("other") }] }, "" },
        { "one for all that died",
            Snapshot(Assigned(Standby("s"), Standby("t")), [Live("s"), Sleeps("t")], StandsIn, Remembered("t", Paused)).Registered("s")
                with { PeerDeaths = [Death("a", 0)] }, "" },
        { "not for one that answers wrongly: so may it",
            Snapshot(Assigned(Run("a"), Standby("s")), [Live("a"), Sleeps("s")],
                Remembered("a", Running) with { UnhealthySince = Now, Sick = SickKind.WrongAnswer }, Asleep)
                .Registered("a").Busy("a", OngoingWork.Stopping), "" },
        { "one for one",
            Snapshot(Assigned(Run("a"), Standby("s"), Standby("t")), [Sleeps("s"), Sleeps("t")],
                Remembered("a", Failed) with { RetryAt = Now.AddSeconds(9) }, Asleep, Remembered("t", Paused)), "stand in s#0" },
        { "where one stands in already the next sleeps on",
            Snapshot(Assigned(Run("a"), Standby("s"), Standby("t")), [Live("s"), Sleeps("t")],
                Remembered("a", Failed) with { RetryAt = Now.AddSeconds(9) }, StandsIn, Remembered("t", Paused)).Registered("s"), "" },
        { "one that stands in is registered like any",
            Snapshot(Assigned(Run("a"), Standby("s")), [Live("s")],
                Remembered("a", Failed) with { RetryAt = Now.AddSeconds(9) }, StandsIn), "register s" },
        { "it serves until the leader has spoken, though the other is back",
            Snapshot(Assigned(Run("a"), Standby("s")), [Live("a"), Live("s")], Remembered("a", Running), StandsIn).Registered("a", "s"), "" },
        { "when the leader says so it sleeps again",
            Snapshot(Assigned(Run("a"), Standby("s")) with { Generation = 6 }, [Live("a"), Live("s")], Remembered("a", Running), StandsIn)
                .Registered("a", "s"), "drain and pause s#0" },
        { "but not while it is needed",
            Snapshot(Assigned(Run("a"), Standby("s")) with { Generation = 6 }, [Live("s")],
                Remembered("a", Failed) with { RetryAt = Now.AddSeconds(9) }, StandsIn).Registered("s"), "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_keeps_standbys(string because, NodeSnapshot snapshot, string expected)
    {
        var words = Words(NodeConvergence.Compute(snapshot, Now));

        Assert.True(words == expected, $"{because}: expected '{expected}', got '{words}'");
    }

    [Fact]
    public void Compute_starts_no_second_holder_of_what_only_one_may_hold()
    {
        var template = new PoolTemplate { Image = "db:1", Volumes = [new VolumeSpec("data", "/data", ReadOnly: false, Exclusive: true)] };
        var two = Assigned(Run("a"), Run("b")) with { Templates = [new AssignedTemplate(Web, Revision, template)] };

        Assert.Equal("start a #0, b waits for volume data, which a holds", Of(two, []));
        Assert.Equal("b waits for volume data, which a holds", Of(two, [Live("a")], Remembered("a", Running)).Replace("register a, ", "", StringComparison.Ordinal));
        Assert.Equal("remove a#0, a waits until its earlier try has let go of volume data, b waits for volume data, which a holds",
            Of(two, [Dead("a")], Remembered("a", Failed)));
        Assert.Equal("a waits for what only one of its pool may hold, which x holds, b waits for what only one of its pool may hold, which x holds",
            string.Join(", ", Of(two, [Live("x") with { Pool = Web }]).Split(", ").Where(w => !w.StartsWith("stop", StringComparison.Ordinal))));
    }

    private static string Of(NodeAssignment assignment, ImmutableArray<SeenWorkload> workloads, params ImmutableArray<AllocationMemory> memory) =>
        Words(NodeConvergence.Compute(Snapshot(assignment, workloads, memory), Now));
}
