using System.Collections.Frozen;
using static Nexus.Core.Rollouts.RolloutEvent;
using static Nexus.Core.Rollouts.RolloutPhase;

namespace Nexus.Core.Rollouts;

/// <summary>What can happen to a rollout.</summary>
public enum RolloutEvent
{
    /// <summary>Another revision is asked for.</summary>
    Begun,

    /// <summary>Every replica is of the revision worked towards and available; others are gone.</summary>
    Completed,

    /// <summary>The replicas of a canary step are all available.</summary>
    StepReached,

    /// <summary>The next canary step is taken.</summary>
    StepTaken,

    /// <summary>Blue-green: the new set is complete and gets all requests.</summary>
    SetSwitched,

    /// <summary>The target failed, or a person gave it up; there is a proven revision to go back to.</summary>
    WentBack,

    /// <summary>The target failed; there is nothing proven to go back to, or going back is not wanted.</summary>
    GaveUp,

    /// <summary>A person holds it.</summary>
    Held,

    /// <summary>A person lets one that was held go on replacing.</summary>
    ReleasedToProgress,

    /// <summary>A person lets one that was held after the switch go on.</summary>
    ReleasedToSwitch,

    /// <summary>A person lets one that was held on its way back go on.</summary>
    ReleasedToRollBack,
}

/// <summary>The state machine of a rollout, as one table; docs/state-machines.md draws it.</summary>
public static class RolloutLifecycle
{
    private static readonly FrozenDictionary<(RolloutPhase, RolloutEvent), RolloutPhase> Table =
        new Dictionary<(RolloutPhase, RolloutEvent), RolloutPhase>
        {
            [(Stable, Begun)] = Progressing,

            [(Progressing, Begun)] = Progressing,
            [(Progressing, Completed)] = Stable,
            [(Progressing, StepReached)] = Paused,
            [(Progressing, StepTaken)] = Progressing,
            [(Progressing, SetSwitched)] = Switched,
            [(Progressing, WentBack)] = RollingBack,
            [(Progressing, GaveUp)] = Failed,
            [(Progressing, Held)] = Paused,

            [(Paused, Begun)] = Progressing,
            [(Paused, StepTaken)] = Progressing,
            [(Paused, WentBack)] = RollingBack,
            [(Paused, GaveUp)] = Failed,
            [(Paused, Held)] = Paused,
            [(Paused, ReleasedToProgress)] = Progressing,
            [(Paused, ReleasedToSwitch)] = Switched,
            [(Paused, ReleasedToRollBack)] = RollingBack,

            [(Switched, Begun)] = Progressing,
            [(Switched, Completed)] = Stable,
            [(Switched, WentBack)] = RollingBack,
            [(Switched, GaveUp)] = Failed,
            [(Switched, Held)] = Paused,

            [(RollingBack, Begun)] = Progressing,
            [(RollingBack, Completed)] = RolledBack,
            [(RollingBack, Held)] = Paused,

            [(RolledBack, Begun)] = Progressing,

            // A first revision that did not start goes on trying; when it serves after all, it is proven after all.
            [(Failed, Begun)] = Progressing,
            [(Failed, Completed)] = Stable,
            [(Failed, WentBack)] = RollingBack,
        }.ToFrozenDictionary();

    /// <summary>The phase after <paramref name="happened"/>; null when it cannot happen in <paramref name="phase"/>.</summary>
    public static RolloutPhase? Next(RolloutPhase phase, RolloutEvent happened) =>
        Table.TryGetValue((phase, happened), out var next) ? next : null;
}
