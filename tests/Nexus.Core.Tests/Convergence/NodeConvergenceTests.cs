using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using static Nexus.Core.State.AllocationPhase;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class NodeConvergenceTests
{
    public static TheoryData<string, NodeSnapshot, string> Cases => new()
    {
        { "what was heard to end and is recorded does not run, whatever the list says",
            Snapshot(Assigned(Run("a")), [Live("a")], Remembered("a", Failed) with { EndedWorkload = "a#0" }), "start a #1" },
        { "its successor is kept, and it is left to whoever removes it",
            Snapshot(Assigned(Run("a")), [Live("a"), Live("a", 1)], Remembered("a", Running, 1) with { EndedWorkload = "a#0" }).Registered("a"), "" },
        { "a delay is kept also while the list is late",
            Snapshot(Assigned(Run("a")), [Live("a")],
                Remembered("a", Failed) with { EndedWorkload = "a#0", RetryAt = Now.AddSeconds(1) }), "" },
        { "what only one may hold is not free before the list says so",
            Snapshot(Holding(Run("a")), [Live("a")], Remembered("a", Failed) with { EndedWorkload = "a#0" }), "" },
        { "what is wanted and not there is started", Snapshot(Assigned(Run("a")), []), "start a #0" },
        { "what never was here waits for the leader's own word", Snapshot(Assigned(Run("a")), []) with { Confirmed = false }, "" },
        { "but not for ever", Snapshot(Assigned(Run("a")), []) with { Confirmed = false, TrustsFile = true }, "start a #0" },
        { "a crash is answered without it", Snapshot(Assigned(Run("a")), [Dead("a")], Remembered("a", Failed)) with { Confirmed = false },
            "remove a#0, start a #1" },
        { "what runs and was never seen is adopted", Snapshot(Assigned(Run("a")), [Live("a", 2)]), "adopt a#2" },
        { "what runs as remembered is registered", Snapshot(Assigned(Run("a")), [Live("a")], Remembered("a", Running)), "register a" },
        { "what runs and is registered is left alone",
            Snapshot(Assigned(Run("a")), [Live("a")], Remembered("a", Running)).Registered("a"), "" },
        { "what is registered by an earlier try is registered anew",
            Snapshot(Assigned(Run("a")), [Live("a", 1)], Remembered("a", Running, 1)) with
            {
                Registered = ImmutableDictionary<AllocationId, int>.Empty.Add(new AllocationId("a"), 0),
            }, "register a" },
        { "a start whose task broke off is taken up", Snapshot(Assigned(Run("a")), [Live("a")], Remembered("a", Starting)), "adopt a#0" },
        { "what a task works on is left to it", Snapshot(Assigned(Run("a")), []).Busy("a", OngoingWork.Starting), "" },
        { "an end is recorded before anything follows",
            Snapshot(Assigned(Run("a")), [Dead("a")], Remembered("a", Running)), "record a#0" },
        { "an end while the agent was away is recorded too", Snapshot(Assigned(Run("a")), [Dead("a", 4)]), "record a#4" },
        { "a recorded end makes room and a successor",
            Snapshot(Assigned(Run("a")), [Dead("a")], Remembered("a", Failed)), "remove a#0, start a #1" },
        { "a delay is kept",
            Snapshot(Assigned(Run("a")), [], Remembered("a", Failed) with { RetryAt = Now.AddSeconds(1) }), "" },
        { "a delay that is over is over",
            Snapshot(Assigned(Run("a")), [], Remembered("a", Failed) with { RetryAt = Now }), "start a #1" },
        { "a workload that someone removed has ended", Snapshot(Assigned(Run("a")), [], Remembered("a", Running)), "record a vanished" },
        { "a second copy goes, the newer stays",
            Snapshot(Assigned(Run("a")), [Live("a"), Live("a", 1)], Remembered("a", Running, 1)).Registered("a"), "remove a#0" },
        { "a heard end is not registered again, whatever the list says",
            Snapshot(Assigned(Run("a")), [Live("a")], Remembered("a", Running) with { ExitHeard = true }), "" },
        { "unwanted is drained", Snapshot(Assigned(Stop("a")), [Live("a")], Remembered("a", Running)).Registered("a"), "stop a#0" },
        { "unwanted while it starts: the start ends first",
            Snapshot(Assigned(Stop("a")), []).Busy("a", OngoingWork.Starting), "cancel a" },
        { "unwanted while it stops: patience", Snapshot(Assigned(Stop("a")), [Live("a")]).Busy("a", OngoingWork.Stopping), "" },
        { "unwanted while its end is looked into: patience",
            Snapshot(Assigned(Stop("a")), [], Remembered("a", Failed) with { ExaminedUntil = Now.AddSeconds(1) }), "" },
        { "not for ever", Snapshot(Assigned(Stop("a")), [], Remembered("a", Failed) with { ExaminedUntil = Now }), "stopped a" },
        { "unwanted and gone is said so", Snapshot(Assigned(Stop("a")), []), "stopped a" },
        { "unwanted and ended is cleared", Snapshot(Assigned(Stop("a")), [Dead("a")], Remembered("a", Stopped)), "remove a#0" },
        { "said once", Snapshot(Assigned(Stop("a")), [], Remembered("a", Stopped)), "" },
        { "unassigned is stopped", Snapshot(Assigned(), [Live("x")]), "stop x#0" },
        { "unassigned and ended is removed", Snapshot(Assigned(), [Dead("x")]), "remove x#0" },
        { "unassigned and gone is forgotten", Snapshot(Assigned(), [], Remembered("x", Stopped)), "forget x" },
        { "unassigned by a file only is kept", Snapshot(Assigned(), [Live("x"), Dead("y")]) with { Confirmed = false }, "" },
        { "without an assignment nothing is touched",
            Snapshot(null, [Live("x"), Dead("y")], Remembered("z", Running)).Registered("z"), "" },
        { "a service with nothing behind it goes", Snapshot(Assigned(), []).Registered("x"), "deregister x" },
        { "a service is left while a task works on it", Snapshot(Assigned(), []).Registered("x").Busy("x", OngoingWork.Other), "" },
        { "a replica that fails its check is killed",
            Snapshot(Assigned(Run("a")), [Live("a")], Sick("a", 1)).Registered("a"), "kill a#0" },
        { "one at a time",
            Snapshot(Assigned(Run("a"), Run("b"), Run("c"), Run("d")), [Live("a"), Live("b"), Live("c"), Live("d")],
                Sick("a", 1), Sick("b", 2), Remembered("c", Running), Remembered("d", Running)).Registered("a", "b", "c", "d"),
            "kill b#0" },
        { "none while another starts",
            Snapshot(Assigned(Run("a"), Run("b"), Run("c")), [Live("a"), Live("b"), Live("c")],
                Sick("a", 1), Remembered("b", Starting), Remembered("c", Running)).Registered("a", "b", "c").Busy("b", OngoingWork.Starting),
            "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_decides(string because, NodeSnapshot snapshot, string expected)
    {
        var words = Words(NodeConvergence.Compute(snapshot, Now));

        Assert.True(words == expected, $"{because}: expected '{expected}', got '{words}'");
    }

    [Fact]
    public void Compute_looks_again_when_the_first_delay_ends()
    {
        var plan = NodeConvergence.Compute(
            Snapshot(Assigned(Run("a"), Run("b")), [],
                Remembered("a", Failed) with { RetryAt = Now.AddSeconds(9) },
                Remembered("b", Failed) with { RetryAt = Now.AddSeconds(4) }),
            Now);

        Assert.Equal(Now.AddSeconds(4), plan.LookAgainAt);
    }

    [Fact]
    public void Compute_freezes_a_pool_of_which_most_turned_unhealthy_at_once()
    {
        var snapshot = Snapshot(Assigned(Run("a"), Run("b")), [Live("a"), Live("b")], Sick("a", 1), Sick("b", 2)).Registered("a", "b");

        var plan = NodeConvergence.Compute(snapshot, Now);

        Assert.Equal([new PoolName("web")], plan.Frozen);
        Assert.Equal("", Words(plan));
    }

    [Fact]
    public void Compute_thaws_a_pool_after_the_window()
    {
        var late = Now + Liveness.Window;
        var snapshot = Snapshot(Assigned(Run("a"), Run("b")), [Live("a"), Live("b")], Sick("a", 1), Sick("b", 2)).Registered("a", "b");

        var plan = NodeConvergence.Compute(snapshot, late);

        Assert.Empty(plan.Frozen);
        Assert.Equal("kill b#0", Words(plan));
    }

    private static AllocationMemory Sick(string id, int seconds) =>
        Remembered(id, Running) with { UnhealthySince = Now.AddSeconds(-seconds) };
}
