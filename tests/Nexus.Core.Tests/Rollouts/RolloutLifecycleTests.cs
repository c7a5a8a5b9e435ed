using Nexus.Core.Rollouts;

namespace Nexus.Core.Tests.Rollouts;

public sealed class RolloutLifecycleTests
{
    [Theory]
    [InlineData(RolloutPhase.Stable, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.Completed, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.StepTaken, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.WentBack, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.GaveUp, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.Held, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.Stable, RolloutEvent.ReleasedToRollBack, null)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.Completed, RolloutPhase.Stable)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.StepReached, RolloutPhase.Paused)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.StepTaken, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.SetSwitched, RolloutPhase.Switched)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.WentBack, RolloutPhase.RollingBack)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.GaveUp, RolloutPhase.Failed)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.Held, RolloutPhase.Paused)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.Progressing, RolloutEvent.ReleasedToRollBack, null)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.Completed, null)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.StepTaken, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.WentBack, RolloutPhase.RollingBack)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.GaveUp, RolloutPhase.Failed)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.Held, RolloutPhase.Paused)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.ReleasedToProgress, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.ReleasedToSwitch, RolloutPhase.Switched)]
    [InlineData(RolloutPhase.Paused, RolloutEvent.ReleasedToRollBack, RolloutPhase.RollingBack)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.Completed, RolloutPhase.Stable)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.StepTaken, null)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.WentBack, RolloutPhase.RollingBack)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.GaveUp, RolloutPhase.Failed)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.Held, RolloutPhase.Paused)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.Switched, RolloutEvent.ReleasedToRollBack, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.Completed, RolloutPhase.RolledBack)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.StepTaken, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.WentBack, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.GaveUp, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.Held, RolloutPhase.Paused)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.RollingBack, RolloutEvent.ReleasedToRollBack, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.Completed, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.StepTaken, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.WentBack, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.GaveUp, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.Held, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.RolledBack, RolloutEvent.ReleasedToRollBack, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.Begun, RolloutPhase.Progressing)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.Completed, RolloutPhase.Stable)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.StepReached, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.StepTaken, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.SetSwitched, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.WentBack, RolloutPhase.RollingBack)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.GaveUp, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.Held, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.ReleasedToProgress, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.ReleasedToSwitch, null)]
    [InlineData(RolloutPhase.Failed, RolloutEvent.ReleasedToRollBack, null)]
    public void Next_follows_the_table(RolloutPhase phase, RolloutEvent happened, RolloutPhase? expected) =>
        Assert.Equal(expected, RolloutLifecycle.Next(phase, happened));

    [Fact]
    public void Every_pair_has_a_row_above()
    {
        var rows = typeof(RolloutLifecycleTests).GetMethod(nameof(Next_follows_the_table))!.GetCustomAttributes(typeof(InlineDataAttribute), false);
        Assert.Equal(Enum.GetValues<RolloutPhase>().Length * Enum.GetValues<RolloutEvent>().Length, rows.Length);
    }

    [Fact]
    public void Every_phase_can_be_left_for_a_new_revision() =>
        Assert.All(Enum.GetValues<RolloutPhase>(), phase =>
            Assert.Equal(RolloutPhase.Progressing, RolloutLifecycle.Next(phase, RolloutEvent.Begun)));
}
