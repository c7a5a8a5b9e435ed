using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Restart;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class AllocationMemoryTests
{
    private static readonly RestartSpec Restart = new();

    [Fact]
    public void A_crash_loop_waits_longer_each_time_and_the_first_not_at_all()
    {
        var memory = AllocationMemory.Of(Run("a"));
        var delays = new List<double>();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            memory = memory.After(AllocationEvent.PullBegun).AfterRun(Live("a", attempt)).AfterServing(Now)
                .AfterEnd(End(attempt), Restart, Now, chance: 0);
            delays.Add(((memory.RetryAt ?? Now) - Now).TotalSeconds);
        }

        Assert.Equal([0, 10, 20, 40], delays);
        Assert.Equal(AllocationPhase.Failed, memory.Phase);
        Assert.Equal(3, memory.ToObserved("127.0.0.1").Restarts);
    }

    [Fact]
    public void One_that_never_served_is_not_tried_again_at_once()
    {
        var started = AllocationMemory.Of(Run("a")).After(AllocationEvent.PullBegun).AfterRun(Live("a"));

        Assert.Equal(Now + RestartBackoff.UnprovenDelay, started.AfterEnd(End(0), Restart, Now, chance: 0).RetryAt);
        Assert.Null(started.AfterServing(Now).AfterCheck(false, "hangs", Now + TimeSpan.FromSeconds(1)).AfterEnd(End(0), Restart, Now, chance: 0).RetryAt);
    }

    [Fact]
    public void Long_health_forgives_even_when_a_failing_check_ended_it()
    {
        var memory = AllocationMemory.Of(Run("a")) with { Failures = 5 };
        memory = memory.AfterRun(Live("a")).AfterServing(Now).AfterCheck(false, "hangs", Now + Restart.ResetAfter)
            .AfterEnd(End(0), Restart, Now + Restart.ResetAfter + TimeSpan.FromSeconds(5), chance: 0);

        Assert.Equal(1, memory.Failures);
        Assert.Null(memory.RetryAt);
    }

    [Fact]
    public void A_heard_exit_is_no_longer_reported_healthy()
    {
        var memory = AllocationMemory.Of(Run("a")).AfterRun(Live("a")).AfterServing(Now);

        Assert.True(memory.ToObserved("h").Healthy);
        Assert.False(memory.AfterExitHeard().ToObserved("h").Healthy);
    }

    [Fact]
    public void A_check_that_says_the_same_again_changes_nothing()
    {
        var healthy = AllocationMemory.Of(Run("a")).AfterRun(Live("a")).AfterServing(Now);
        var sick = healthy.AfterCheck(false, "hangs", Now);

        Assert.Same(healthy, healthy.AfterCheck(true, "fine", Now.AddSeconds(1)));
        Assert.Same(sick, sick.AfterCheck(false, "hangs still", Now.AddSeconds(1)));
        Assert.Null(sick.HealthySince);
        Assert.Equal(Now.AddSeconds(2), sick.AfterCheck(true, "fine", Now.AddSeconds(2)).HealthySince);
    }

    [Fact]
    public void An_autopsy_of_an_earlier_try_comes_too_late()
    {
        var memory = AllocationMemory.Of(Run("a")).AfterRun(Live("a", 1)).AfterEnd(End(1), Restart, Now, 0);

        Assert.Same(memory, memory.AfterAutopsy(End(0)));
        Assert.Equal(7, memory.AfterAutopsy(End(1)).ExitCode);
        var open = AllocationMemory.Of(Run("a")).AfterRun(Live("a", 1)).AfterEnd(End(1) with { IsFinal = false }, Restart, Now, 0);
        Assert.Equal((null, Now + AllocationMemory.ExaminationLimit), (open.EndReason, open.ExaminedUntil));
        Assert.Equal((End(1).Reason, null), (open.AfterAutopsy(End(1)).EndReason, open.AfterAutopsy(End(1)).ExaminedUntil));
    }

    [Fact]
    public void What_is_gone_is_stopped_whatever_it_was()
    {
        foreach (var phase in Enum.GetValues<AllocationPhase>())
        {
            Assert.Equal(AllocationPhase.Stopped, Remembered("a", phase).AfterGone("scaled down").Phase);
        }
    }

    [Fact]
    public void Last_lines_are_few_and_short()
    {
        ImmutableArray<string> many = [.. Enumerable.Range(0, 100).Select(i => $"line {i}")];

        Assert.Equal(LastLines.MaxLines, LastLines.Bound(many).Length);
        Assert.Equal("line 99", LastLines.Bound(many)[^1]);
        Assert.Equal(["tail"], LastLines.Bound([new string('x', 5000), "tail"]));
        Assert.Equal(LastLines.MaxLength, Assert.Single(LastLines.Bound([new string('x', 5000)])).Length);
        Assert.Empty(LastLines.Bound([]));
    }

    private static WorkloadEnd End(int attempt) => new(attempt, 7, "ended with exit code 7", [], StartFailed: false);
}
