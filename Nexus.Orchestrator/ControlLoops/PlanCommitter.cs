using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.State;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.Observability;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>What a leader does about a look: writes the plan, forgets nodes, tells people what came true.</summary>
internal sealed partial class PlanCommitter(
    ClusterStore store, StoreIdentifier identifier, SnapshotClock clock, PlanReporter reporter, EventWriter events, ILogger<PlanCommitter> logger)
{
    private readonly RecordReporter _records = new(events);
    private readonly SizeReporter _sizes = new(events);
    private (LeaderToken Token, ulong Epoch)? _wroteUnder;

    /// <summary>What the last plan could not write because no value of the store holds it.</summary>
    public ImmutableArray<OversizedRecord> Oversized { get; private set; } = [];

    /// <summary>Acts under <paramref name="token"/>, which was held before <paramref name="look"/> was read.</summary>
    public async Task<PassOutcome> CommitAsync(
        Look look, IReadOnlyCollection<NodeName> forgotten, LeaderToken token, CancellationToken cancellationToken)
    {
        var (stored, plan) = (look.Stored, look.Plan);
        if (identifier.Missing(stored) is { } identity)
        {
            return await identifier.WriteAsync(identity, stored, token, cancellationToken);
        }

        _records.Report(stored.Problems);
        reporter.ReportNodes(stored.Snapshot);
        reporter.ReportBlocked(plan);
        reporter.ReportClocks(look.ClockDifferences);
        reporter.ReportRefused(stored.Snapshot);
        reporter.ReportTroubles(stored.Snapshot);
        if (plan.IsEmpty)
        {
            Oversized = [];
            _sizes.Report([]);
            return await ForgetAsync(stored, forgotten, token, cancellationToken);
        }

        var fitted = PlanFit.Compute(stored.Snapshot, plan, EpochFor(stored.Snapshot, token));
        Oversized = fitted.Oversized;
        _sizes.Report(fitted.Oversized);
        (plan, var assignments) = (fitted.Plan, fitted.Assignments);
        var change = new ClusterChange([.. plan.Rollouts.Select(clock.Stamp)], assignments, clock.Stamp(plan.Routes));
        if (change.IsEmpty)
        {
            return PassOutcome.Converged;
        }

        if (!await store.TryCommitAsync(change, stored, token, cancellationToken))
        {
            OrchestratorTelemetry.StaleCommits.Add(1);
            return PassOutcome.Stale;
        }

        reporter.ReportCommitted(plan);
        LogCommitted(plan.Steps.Length, assignments.Length, plan.Rollouts.Length, plan.Index);
        return PassOutcome.Committed;
    }

    private ulong EpochFor(ClusterSnapshot snapshot, LeaderToken token)
    {
        var own = _wroteUnder is { } before && before.Token == token ? before.Epoch : token.Epoch;
        var epoch = WriterEpoch.Compute(snapshot, own);
        if (epoch != own)
        {
            LogEpochRaised(epoch, token.Epoch);
        }

        _wroteUnder = (token, epoch);
        return epoch;
    }

    /// <summary>Forgets one node a pass: the look is over with the first write.</summary>
    private async Task<PassOutcome> ForgetAsync(
        StoredCluster stored, IReadOnlyCollection<NodeName> forgotten, LeaderToken token, CancellationToken cancellationToken)
    {
        if (forgotten.Count == 0)
        {
            return PassOutcome.Converged;
        }

        var node = forgotten.First();
        if (!await store.TryForgetAsync(node, stored, token, cancellationToken))
        {
            OrchestratorTelemetry.StaleCommits.Add(1);
            return PassOutcome.Stale;
        }

        var wish = stored.Snapshot.Eligibility.GetValueOrDefault(node.Value);
        var why = wish is { Forget: true } ? $"{wish.By} removed it" : "its agent has been away for too long";
        events.Write("NodeForgotten", EventSeverity.Warning, $"{node} is forgotten: it was lost and {why}.", node: node);
        return PassOutcome.Committed;
    }

    [LoggerMessage(4053, LogLevel.Warning, "Assignments of a later epoch than {LockEpoch}, that of the lock, exist; writing under epoch {Epoch}.")]
    private partial void LogEpochRaised(ulong epoch, ulong lockEpoch);

    [LoggerMessage(4050, LogLevel.Information, "Committed {Steps} steps on {Nodes} nodes and {Rollouts} rollouts, planned at index {Index}.")]
    private partial void LogCommitted(int steps, int nodes, int rollouts, ulong index);
}
