using Nexus.Core.Placement;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>
/// Moves a replica that keeps failing where it is, for the node may be what is wrong: one at a time, seldom, only of a revision
/// that is proven, and not while most of the pool is down, for then it is not the node.
/// </summary>
internal static class CrashLoops
{
    /// <summary>Failures in a row after which the node is suspected.</summary>
    public const int Failures = 4;

    /// <summary>Time between two moves of one pool.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    public static void Move(PoolView view, RolloutPass rollout, RolloutTargets targets, Placer placer, PlanBuilder plan)
    {
        if (rollout.Record is not { Phase: RolloutPhase.Stable or RolloutPhase.RolledBack, FrozenSince: null } || !view.Pool.Replace || view.Homes is not null
            || Worst(view, targets) is not { } worst)
        {
            return;
        }

        if (rollout.Record.LastMoveAt + Pause is { } next && next > view.Now)
        {
            plan.LookAgain(next);
            return;
        }

        var pool = view.Pool with { Template = targets.Goal.Template };
        foreach (var node in placer.Take(pool, 1, avoid: worst.Node))
        {
            var why = $"{worst.Id} failed {worst.Observed!.Failures} times in a row on {worst.Node}";
            plan.Place(pool.Name, node, worst.Revision, why, worst.Assignment.Desired);
            plan.Stop(worst, $"it failed {worst.Observed.Failures} times in a row here, another starts on {node}");
            rollout.Set(record => record with { LastMoveAt = view.Now });
            rollout.Notice("CrashLoopMoved", EventSeverity.Warning, $"{RolloutFailures.Describe(worst)}; {why}, so another starts on {node}");
        }
    }

    private static Member? Worst(PoolView view, RolloutTargets targets)
    {
        var (all, down) = (0, 0);
        Member? worst = null;
        foreach (var member in view.Members)
        {
            all += member.Runs ? 1 : 0;
            down += member is { Runs: true, IsDown: true } ? 1 : 0;
            if (member is { IsLost: false, IsReturning: false, IsLeaving: false, IsHealthy: false, Observed.Failures: >= Failures }
                && member.Assignment.Desired != DesiredStatus.Stop && member.Revision == targets.Goal.Revision
                && member.Observed.Failures > (worst?.Observed!.Failures ?? 0))
            {
                worst = member;
            }
        }

        return down > 1 && down * 2 > all ? null : worst;
    }
}
