using Nexus.Core.Convergence;
using static Nexus.Core.State.AllocationPhase;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class UrgentConvergenceTests
{
    private static readonly AllocationMemory Heard = Remembered("a", Running) with { ExitHeard = true };
    private static readonly AllocationMemory Recorded = Remembered("a", Failed) with { EndedWorkload = "a#0" };

    public static TheoryData<string, NodeSnapshot, string> Cases => new()
    {
        { "an end is recorded without asking", Snapshot(Assigned(Run("a")), [], Heard), "record a#0" },
        { "then its successor is started", Snapshot(Assigned(Run("a")), [], Recorded), "start a #1" },
        { "not before its delay is over", Snapshot(Assigned(Run("a")), [], Recorded with { RetryAt = Now.AddSeconds(1) }), "" },
        { "nor what may wait for something that only one may hold", Snapshot(Holding(Run("a")), [], Recorded), "" },
        { "nor what is being worked on", Snapshot(Assigned(Run("a")), [], Recorded).Busy("a", OngoingWork.Starting), "" },
        { "nor what shall stop", Snapshot(Assigned(Stop("a")), [], Recorded), "" },
        { "a standby stands in at once",
            Snapshot(Assigned(Run("a"), Standby("s")), [], Heard, Remembered("s", Paused)), "record a#0, stand in s#0" },
        { "and wakes at once when the leader says so", Snapshot(Assigned(Run("s")), [], Remembered("s", Paused)), "wake s#0" },
        { "what runs is left to the list", Snapshot(Assigned(Run("b"), Run("c")), [], Remembered("b", Running), Remembered("c", Starting)), "" },
        { "and what never ran", Snapshot(Assigned(Run("a"), Run("b")), [], Heard), "record a#0" },
        { "and what is not assigned", Snapshot(Assigned(Run("a")), [], Recorded, Remembered("z", Running)), "start a #1" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_plans(string because, NodeSnapshot remembered, string expected) =>
        Assert.True(Words(remembered, isOver: true) == expected, $"{because}: {Words(remembered, isOver: true)}");

    [Fact]
    public void Compute_starts_no_second_copy_of_what_may_still_run() =>
        Assert.Equal("", Words(Snapshot(Assigned(Run("a")), [], Heard), isOver: false));

    private static string Words(NodeSnapshot remembered, bool isOver) =>
        NodeView.Words(new ConvergencePlan(UrgentConvergence.Compute(remembered, _ => isOver, Now), null, []));
}
