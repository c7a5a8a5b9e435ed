using System.Collections.Immutable;
using System.Globalization;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Orchestrator.Api;

/// <summary>Turns records of rollouts into what the API shows. Pure.</summary>
internal static class RolloutViewBuilder
{
    /// <summary>All rollouts, by pool.</summary>
    public static ImmutableArray<RolloutView> Rollouts(ClusterSnapshot snapshot, DateTimeOffset now) =>
        [.. snapshot.Rollouts.Values.Select(record => Rollout(snapshot, record, now))];

    /// <summary>One rollout as of <paramref name="now"/>.</summary>
    public static RolloutView Rollout(ClusterSnapshot snapshot, RolloutRecord record, DateTimeOffset now)
    {
        var pool = snapshot.Spec?.Pools.FirstOrDefault(p => p.Name == record.Pool);
        var rollout = pool?.Rollout ?? new RolloutSpec();
        var target = record.Target.Revision;
        var runs = snapshot.Assignments.Values
            .SelectMany(a => a.Allocations.Where(x => x.Pool == record.Pool && x.Desired == DesiredStatus.Run)
                .Select(x => (Allocation: x, Node: a.Node.Value)))
            .ToList();
        return new RolloutView
        {
            Pool = record.Pool.Value,
            Number = record.Number,
            Phase = record.Phase,
            Strategy = record.Strategy,
            Target = target.Value,
            Requested = record.Requested.Value is { Length: > 0 } requested ? requested : null,
            Image = record.Target.Template.Image,
            Stable = record.Stable?.Revision.Value,
            Desired = pool is null ? 0 : Reconciler.DesiredCount(pool),
            Updated = runs.Count(r => r.Allocation.Revision == target),
            Available = runs.Count(r => r.Allocation.Revision == target && IsAvailable(snapshot, r.Allocation, r.Node, rollout, now)),
            Old = runs.Count(r => r.Allocation.Revision != target),
            Step = Step(record, rollout),
            Weight = record.Weights.FirstOrDefault(w => w.Revision == target)?.Percent,
            ManualRollbackBy = record.ManualRollbackBy,
            StartedAt = record.StartedAt,
            Deadline = record.Phase == RolloutPhase.Progressing ? record.ProgressAt + rollout.ProgressDeadline : null,
            Reason = record.Reason,
            AppliedBy = record.Target.AppliedBy,
            SpecRevision = record.Target.SpecRevision,
            History = [.. record.History.Select(View)],
        };
    }

    private static RolloutHistoryView View(RolloutHistoryEntry e) => new(
        e.Number, e.Revision.Value, e.SpecRevision, e.Image, e.StartedAt, e.EndedAt, e.Outcome, e.Reason)
    {
        ManualRollbackBy = e.ManualRollbackBy,
        AppliedBy = e.AppliedBy,
    };

    private static string? Step(RolloutRecord record, RolloutSpec rollout)
    {
        var steps = rollout.Canary.Steps.Length;
        var inStep = record is { Strategy: RolloutStrategy.Canary, Phase: RolloutPhase.Progressing or RolloutPhase.Paused }
            && record.Step < steps;
        return inStep ? string.Create(CultureInfo.InvariantCulture, $"{record.Step + 1}/{steps}") : null;
    }

    private static bool IsAvailable(
        ClusterSnapshot snapshot, AllocationAssignment allocation, string node, RolloutSpec rollout, DateTimeOffset now)
    {
        if (snapshot.Nodes.GetValueOrDefault(node)?.Status is null or NodeStatus.Lost)
        {
            return false;
        }

        var seen = snapshot.Observations.GetValueOrDefault(node)?.Allocations.FirstOrDefault(o => o.Id == allocation.Id);
        return seen is { Phase: AllocationPhase.Running, Healthy: true, HealthySince: { } since }
            && since + rollout.MinHealthyTime <= now
            && snapshot.Gateways.Values.All(g => !g.Pools.Contains(allocation.Pool) || Lists(g, seen.Id, seen.Attempt));
    }

    private static bool Lists(GatewayReport gateway, AllocationId allocation, int attempt) =>
        gateway.Destinations.Any(d => d.Allocation == allocation && d.Attempt == attempt);
}
