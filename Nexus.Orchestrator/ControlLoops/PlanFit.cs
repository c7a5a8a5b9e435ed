using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Core.Reconcile;
using Nexus.Core.State;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>A record that is not written because it is larger than a value of the store may be.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Bytes">How large it would be.</param>
internal sealed record OversizedRecord(string Key, int Bytes)
{
    /// <summary>What people read: what is left out, the limit, and what to do about it.</summary>
    public string Describe() =>
        $"{Key} is not written: it would have {Bytes} bytes, and a value in Consul takes at most {FencedWriter.MaxRecordBytes}. Everything else is written. "
        + (Key.StartsWith(StateKeys.Desired, StringComparison.Ordinal)
            ? $"Node {Key[StateKeys.Desired.Length..]} keeps its last assignment: make env and command of its pools smaller, or spread the pools over more nodes"
            : Key.StartsWith(StateKeys.Rollouts, StringComparison.Ordinal)
            ? $"Pool {Key[StateKeys.Rollouts.Length..]} stays as it is: make its env and command smaller"
            : "Requests are routed as before: use fewer or shorter routes");
}

/// <summary>What of a plan can be written.</summary>
/// <param name="Plan">The plan without what cannot.</param>
/// <param name="Assignments">The assignments that follow from it.</param>
/// <param name="Oversized">What is left out.</param>
internal sealed record FittedPlan(ReconcilePlan Plan, ImmutableArray<NodeAssignment> Assignments, ImmutableArray<OversizedRecord> Oversized);

/// <summary>Takes out of a plan the records that no value of the store holds, so that they keep no other from being written. Pure.</summary>
internal static class PlanFit
{
    /// <summary>The plan as far as it can be written. A pool whose rollout cannot be recorded is left as it is, steps and all.</summary>
    public static FittedPlan Compute(ClusterSnapshot snapshot, ReconcilePlan plan, ulong epoch)
    {
        var oversized = ImmutableArray.CreateBuilder<OversizedRecord>();
        var pools = plan.Rollouts.Where(record => IsOversized(StateKeys.RolloutOf(record.Pool), record, StateJson.Default.RolloutRecord))
            .Select(record => record.Pool).ToHashSet();
        var routes = plan.Routes is { } record && IsOversized(StateKeys.Routes, record, StateJson.Default.RoutesRecord) ? null : plan.Routes;
        plan = plan with
        {
            Routes = routes,
            Rollouts = plan.Rollouts.RemoveAll(record => pools.Contains(record.Pool)),
            Steps = plan.Steps.RemoveAll(step => pools.Contains(step.Pool)),
            Notices = plan.Notices.RemoveAll(notice => notice.Pool is { } pool && pools.Contains(pool)),
        };
        var assignments = AssignmentChanges.Compute(snapshot, plan, epoch);
        var nodes = assignments.Where(assignment => IsOversized(StateKeys.DesiredOf(assignment.Node), assignment, StateJson.Default.NodeAssignment))
            .Select(assignment => assignment.Node).ToHashSet();
        return new FittedPlan(
            plan with { Steps = plan.Steps.RemoveAll(step => nodes.Contains(step.Node)) },
            assignments.RemoveAll(assignment => nodes.Contains(assignment.Node)),
            oversized.ToImmutable());

        bool IsOversized<T>(string key, T record, JsonTypeInfo<T> type)
        {
            var bytes = StateJson.Write(record, type).Length;
            if (bytes <= FencedWriter.MaxRecordBytes)
            {
                return false;
            }

            oversized.Add(new OversizedRecord(key, bytes));
            return true;
        }
    }
}
