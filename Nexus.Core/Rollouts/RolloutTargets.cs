using Nexus.Core.Reconcile;
using Nexus.Core.Spec;

namespace Nexus.Core.Rollouts;

/// <summary>How many replicas of which revision a rollout wants at the moment, and what it may do to get there.</summary>
/// <param name="Goal">What is worked towards.</param>
/// <param name="GoalCount">How many of it.</param>
/// <param name="Base">What the others are of; null when every replica is of the goal.</param>
/// <param name="BaseCount">How many of it.</param>
internal sealed record RolloutTargets(RolloutRevision Goal, int GoalCount, RolloutRevision? Base, int BaseCount)
{
    /// <summary>Replicas wanted in all.</summary>
    public int Total => GoalCount + BaseCount;

    public static RolloutTargets Of(RolloutRecord record, PoolView view)
    {
        var phase = Doing(record);
        var desired = view.Desired;
        if (GoesBack(phase) && record.Stable is { } proven)
        {
            return record.Phase == RolloutPhase.Paused ? Mixed(proven, record.Target, view) : new(proven, desired, null, 0);
        }

        if (record.Stable is not { } stable || stable.Revision == record.Target.Revision)
        {
            return new(record.Target, desired, null, 0);
        }

        if (phase == RolloutPhase.Failed)
        {
            return Mixed(record.Target, stable, view);
        }

        if (phase == RolloutPhase.Switched)
        {
            var kept = record.Step > 0 ? 0 : Math.Min(desired, view.Running(stable.Revision));
            return new(record.Target, desired, stable, kept);
        }

        if (record.HeldFrom is null or RolloutPhase.Paused && StepCount(record, view) is { } step)
        {
            return new(record.Target, step, stable, Math.Max(1, desired - step));
        }

        var held = record.Phase == RolloutPhase.Paused;
        return record.Strategy == RolloutStrategy.BlueGreen && phase == RolloutPhase.Progressing
            ? new(record.Target, held ? Math.Min(desired, view.Running(record.Target.Revision)) : desired, stable, desired)
            : held ? Mixed(record.Target, stable, view) : new(record.Target, desired, null, 0);
    }

    /// <summary>What the rollout does, whether or not a person holds it just now.</summary>
    public static RolloutPhase Doing(RolloutRecord record) =>
        record.Phase == RolloutPhase.Paused && record.HeldFrom is { } held ? held : record.Phase;

    /// <summary>Replicas of the canary step in force; null outside a canary and behind its last step.</summary>
    public static int? StepCount(RolloutRecord record, PoolView view)
    {
        var rollout = view.Pool.Rollout;
        var beside = view.Desired >= 2 || rollout.SurgeFor(record.Target.Template) > 0;
        if (record is not { Strategy: RolloutStrategy.Canary, Stable: not null } || view.Desired == 0 || !beside
            || record.Stable.Revision == record.Target.Revision || record.Step >= rollout.Canary.Steps.Length
            || Doing(record) is not (RolloutPhase.Progressing or RolloutPhase.Paused))
        {
            return null;
        }

        var step = rollout.Canary.Steps[record.Step];
        var count = step.Count ?? (int)Math.Ceiling(view.Desired * (step.Weight ?? 0) / 100.0);
        return Math.Clamp(count, 1, Math.Max(1, view.Desired - 1));
    }

    private static bool GoesBack(RolloutPhase phase) => phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack;

    // Nothing is replaced: of the goal as many as there are, the rest of the other.
    private static RolloutTargets Mixed(RolloutRevision goal, RolloutRevision rest, PoolView view)
    {
        var there = Math.Min(view.Desired, view.Running(goal.Revision));
        return new(goal, there, rest, view.Desired - there);
    }
}
