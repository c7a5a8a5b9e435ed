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
            RolloutPhase.Switched => Shares(view, target, 100, proven),
            RolloutPhase.RollingBack => OnTheWayBack(record, view, target, proven),
            RolloutPhase.Progressing when record.Strategy == RolloutStrategy.BlueGreen => Shares(view, target, 0, proven),
            RolloutPhase.Progressing or RolloutPhase.Paused when RolloutTargets.StepCount(record, view) is not null =>
                OfStep(record, view, target, proven),
            _ => [],
        };
    }

    // A step's share comes with its last replica; until then the one before holds.
    private static ImmutableArray<RevisionWeight> OfStep(
        RolloutRecord record, PoolView view, PoolRevision target, PoolRevision proven)
    {
        var canary = view.Pool.Rollout.Canary;
        var step = canary.Steps[record.Step];
        var before = record.Step == 0 ? new CanaryStep { Weight = 0 } : canary.Steps[record.Step - 1];
        var weight = (record.StepSince is null && step.Weight is not null ? before : step).Weight;
        return weight is { } percent ? Shares(view, target, percent, proven) : [];
    }

    // What failed gets no more requests, unless too little of the other is left to carry them all.
    private static ImmutableArray<RevisionWeight> OnTheWayBack(
        RolloutRecord record, PoolView view, PoolRevision target, PoolRevision proven) =>
        record.Strategy != RolloutStrategy.Rolling && view.Available(proven) * 4 >= view.Desired ? Shares(view, target, 0, proven) : [];

    // What a rollout that was overtaken left behind serves along, each replica alike, until the proven ones are all there.
    private static ImmutableArray<RevisionWeight> Shares(PoolView view, PoolRevision target, int percent, PoolRevision proven)
    {
        var rest = 100 - percent;
        var serving = view.Available(proven);
        var left = serving >= view.Desired ? [] : view.Members
            .Where(m => m.Runs && m.Revision != target && m.Revision != proven && view.IsAvailable(m))
            .GroupBy(m => m.Revision).OrderBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => (Revision: g.Key, Count: g.Count())).ToList();
        var all = serving + left.Sum(l => l.Count);
        RevisionWeight[] along = [.. left.Select(l => new RevisionWeight(l.Revision, rest * l.Count / all))];
        return [new RevisionWeight(target, percent), new RevisionWeight(proven, rest - along.Sum(w => w.Percent)), .. along];
    }
}
