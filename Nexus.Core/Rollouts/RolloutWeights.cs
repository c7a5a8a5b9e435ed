using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;

namespace Nexus.Core.Rollouts;

/// <summary>Which share of a pool's requests each revision gets.</summary>
internal static class RolloutWeights
{
    /// <summary>The shares; empty leaves them to the number of replicas.</summary>
    public static ImmutableArray<RevisionWeight> Of(RolloutRecord record, PoolView view)
    {
        if (record.Stable is not { } stable || stable.Revision == record.Target.Revision)
        {
            return [];
        }

        var (target, proven) = (record.Target.Revision, stable.Revision);
        return RolloutTargets.Doing(record) switch
        {
            RolloutPhase.Failed => record.Weights,
            RolloutPhase.Switched => Shares(target, 100, proven),
            RolloutPhase.RollingBack => OnTheWayBack(record, view, target, proven),
            RolloutPhase.Progressing when record.Strategy == RolloutStrategy.BlueGreen => Shares(target, 0, proven),
            RolloutPhase.Progressing or RolloutPhase.Paused when RolloutTargets.StepCount(record, view) is not null =>
                OfStep(record, view.Pool.Rollout.Canary, target, proven),
            _ => [],
        };
    }

    // A step's share comes with its last replica; until then the one before holds.
    private static ImmutableArray<RevisionWeight> OfStep(
        RolloutRecord record, CanarySpec canary, PoolRevision target, PoolRevision proven)
    {
        var step = canary.Steps[record.Step];
        var before = record.Step == 0 ? new CanaryStep { Weight = 0 } : canary.Steps[record.Step - 1];
        var weight = (record.StepSince is null && step.Weight is not null ? before : step).Weight;
        return weight is { } percent ? Shares(target, percent, proven) : [];
    }

    // What failed gets no more requests, unless too little of the other is left to carry them all.
    private static ImmutableArray<RevisionWeight> OnTheWayBack(
        RolloutRecord record, PoolView view, PoolRevision target, PoolRevision proven) =>
        record.Strategy != RolloutStrategy.Rolling && view.Available(proven) * 4 >= view.Desired ? Shares(target, 0, proven) : [];

    private static ImmutableArray<RevisionWeight> Shares(PoolRevision target, int percent, PoolRevision proven) =>
        [new RevisionWeight(target, percent), new RevisionWeight(proven, 100 - percent)];
}
