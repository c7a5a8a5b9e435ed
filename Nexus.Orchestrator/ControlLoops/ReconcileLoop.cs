using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Core.Reconcile;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.Observability;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>What one pass came to.</summary>
internal enum PassOutcome
{
    /// <summary>Nothing to change.</summary>
    Converged,

    /// <summary>Something should change, but this manager does not lead.</summary>
    NotLeading,

    /// <summary>Changes were written.</summary>
    Committed,

    /// <summary>Consul refused the changes: look again at once.</summary>
    Stale,
}

/// <summary>
/// Looks at the whole truth, asks the core, commits. Every manager looks, so that a new leader has watched already; only
/// the leader commits.
/// </summary>
internal sealed partial class ReconcileLoop(
    ClusterStore store, NodeTracker tracker, ClusterView view, PlanReporter reporter, LeaderLease lease, WakeSignal wake,
    LoopHeartbeats heartbeats, IOptions<OrchestratorOptions> options, TimeProvider time, Jitter jitter,
    ILogger<ReconcileLoop> logger) : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Register("reconcile", options.Value.ResyncInterval * 2 + TimeSpan.FromMinutes(1));
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = RetryAfter;
            try
            {
                (_, wait) = await RunOnceAsync(stoppingToken);
                LogRecoveredIfFailing();
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                view.Failed(e.Message);
                LogFailedIfNew(e);
            }

            heartbeat.Beat();
            await wake.WaitAsync(jitter.Around(wait), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One pass; says what came of it and how long to wait at most before the next.</summary>
    public async Task<(PassOutcome Outcome, TimeSpan Wait)> RunOnceAsync(CancellationToken cancellationToken)
    {
        using var activity = OrchestratorTelemetry.Source.StartActivity("reconcile");
        var started = time.GetTimestamp();
        var stored = await store.ReadAsync(cancellationToken);
        var (statuses, nextChange) = tracker.Look(stored.Snapshot.Nodes.Keys, stored.Answering);
        stored = stored with { Snapshot = Judge(stored.Snapshot, statuses) };
        var plan = Reconciler.Compute(stored.Snapshot, time.GetUtcNow());
        view.Saw(new Look(stored, plan, time.GetUtcNow()));
        var outcome = await CommitAsync(stored, plan, cancellationToken);
        OrchestratorTelemetry.ReconcileDuration.Record(time.GetElapsedTime(started).TotalSeconds);
        return (outcome, WaitAfter(outcome, plan, nextChange));
    }

    private static ClusterSnapshot Judge(ClusterSnapshot snapshot, IReadOnlyDictionary<string, NodeStatus> statuses) => snapshot with
    {
        Nodes = snapshot.Nodes.ToImmutableSortedDictionary(
            n => n.Key, n => n.Value with { Status = statuses[n.Key] }, StringComparer.Ordinal),
    };

    private async Task<PassOutcome> CommitAsync(StoredCluster stored, ReconcilePlan plan, CancellationToken cancellationToken)
    {
        if (lease.Current is not { } token)
        {
            return plan.IsEmpty ? PassOutcome.Converged : PassOutcome.NotLeading;
        }

        reporter.ReportNodes(stored.Snapshot);
        reporter.ReportBlocked(plan);
        if (plan.IsEmpty)
        {
            return PassOutcome.Converged;
        }

        var assignments = AssignmentChanges.Compute(stored.Snapshot, plan, token.Epoch);
        if (!await store.TryCommitAsync(assignments, stored, token, cancellationToken))
        {
            OrchestratorTelemetry.StaleCommits.Add(1);
            return PassOutcome.Stale;
        }

        reporter.ReportSteps(plan);
        LogCommitted(plan.Steps.Length, assignments.Length, plan.Index);
        return PassOutcome.Committed;
    }

    private TimeSpan WaitAfter(PassOutcome outcome, ReconcilePlan plan, TimeSpan? nextChange)
    {
        if (outcome == PassOutcome.Stale)
        {
            return TimeSpan.FromMilliseconds(50);
        }

        var wait = options.Value.ResyncInterval;
        if (plan.LookAgainAt is { } at && at - time.GetUtcNow() is var until && until < wait)
        {
            wait = until;
        }

        return nextChange is { } change && change < wait ? change : wait;
    }

    private void LogRecoveredIfFailing()
    {
        if (_failing)
        {
            _failing = false;
            LogRecovered();
        }
    }

    private void LogFailedIfNew(Exception e)
    {
        if (!_failing)
        {
            _failing = true;
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(4050, LogLevel.Information, "Committed {Steps} steps on {Nodes} nodes, planned at index {Index}.")]
    private partial void LogCommitted(int steps, int nodes, ulong index);

    [LoggerMessage(4051, LogLevel.Warning, "The cluster cannot be looked at; nothing is changed until it can. {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(4052, LogLevel.Information, "The cluster can be looked at again.")]
    private partial void LogRecovered();
}
