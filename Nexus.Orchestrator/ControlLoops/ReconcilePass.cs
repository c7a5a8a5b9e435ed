using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;
using Nexus.Orchestrator.Observability;
using Nexus.Orchestrator.State;
using Nexus.ServiceDefaults.Clocks;

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

/// <summary>What a pass looks at, and how what others wrote is understood.</summary>
/// <param name="Store">The cluster's state.</param>
/// <param name="Nodes">Since when nodes are silent.</param>
/// <param name="Clock">Times of others by this process's clock.</param>
/// <param name="Clocks">How far the clocks of nodes are from this machine's.</param>
internal sealed record PassInputs(ClusterStore Store, NodeTracker Nodes, SnapshotClock Clock, NodeClocks Clocks);

/// <summary>
/// Looks at the whole truth, asks the core, commits. Every manager looks, so that its API has something to show; only the
/// leader commits.
/// </summary>
internal sealed class ReconcilePass(
    PassInputs inputs, ClusterView view, PlanCommitter committer, LeaderLease lease, IOptions<OrchestratorOptions> options, TimeProvider time)
{
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LeaderSettle = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FollowerSettle = TimeSpan.FromMilliseconds(100);
    private readonly SpecTrace _trace = new();
    private LeaderToken? _ledBy;

    /// <summary>
    /// From the start of one pass to that of the next at least: signs that come meanwhile are answered together. What a manager
    /// that does not lead sees is only shown to people.
    /// </summary>
    public TimeSpan Settle => lease.Current is null ? FollowerSettle : LeaderSettle;

    /// <summary>One pass; says what came of it and how long to wait at most before the next.</summary>
    public async Task<(PassOutcome Outcome, TimeSpan Wait)> RunOnceAsync(CancellationToken cancellationToken)
    {
        using var activity = OrchestratorTelemetry.Source.StartActivity("reconcile");
        var started = time.GetTimestamp();

        // Taken before the read: what an earlier leader still wrote is then in it.
        var token = lease.Current;
        if (token is not null && token != _ledBy)
        {
            _ledBy = token;
            inputs.Nodes.Reset();
        }

        var stored = await ReadAsync(cancellationToken);
        var clocks = inputs.Clocks.Look(stored.Snapshot);
        stored = stored with { Snapshot = inputs.Clock.Localize(stored.Snapshot) };
        var judgement = inputs.Nodes.Look(stored.Snapshot, stored.Answering);
        stored = stored with { Snapshot = Judge(stored.Snapshot, judgement) };
        var plan = Reconciler.Compute(stored.Snapshot, time.GetUtcNow());
        var look = new Look(stored, plan, time.GetWallNow()) { ClockDifferences = clocks };
        view.Saw(look);
        var outcome = token is not null && lease.Current == token
            ? await ActAsync(look, judgement.Forgotten, token, cancellationToken)
            : plan.IsEmpty ? PassOutcome.Converged : PassOutcome.NotLeading;
        view.LeftOut(token is null ? [] : committer.Oversized);
        if (outcome != PassOutcome.Stale)
        {
            _trace.Looked(stored.Spec);
        }

        activity?.SetTag("nexus.outcome", outcome.ToString());
        activity?.SetTag("nexus.steps", plan.Steps.Length);
        OrchestratorTelemetry.ReconcileDuration.Record(time.GetElapsedTime(started).TotalSeconds);
        return (outcome, WaitAfter(outcome, plan, judgement.NextChange));
    }

    private async Task<PassOutcome> ActAsync(
        Look look, IReadOnlyCollection<NodeName> forgotten, LeaderToken token, CancellationToken cancellationToken)
    {
        using var activity = _trace.Follow(look.Stored.Spec);
        var outcome = await committer.CommitAsync(look, forgotten, token, cancellationToken);
        activity?.SetTag("nexus.outcome", outcome.ToString());
        return outcome;
    }

    /// <summary>Reads everything, or says soon that it cannot be read: what is shown meanwhile is old.</summary>
    private async Task<StoredCluster> ReadAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReadLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await inputs.Store.ReadAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConsulException($"Consul did not answer within {ReadLimit.TotalSeconds:0} s.", e);
        }
    }

    private static ClusterSnapshot Judge(ClusterSnapshot snapshot, NodeJudgement judgement) => snapshot with
    {
        Nodes = snapshot.Nodes.ToImmutableSortedDictionary(
            n => n.Key, n => n.Value with { Status = judgement.Statuses[n.Key] }, StringComparer.Ordinal),
    };

    private TimeSpan WaitAfter(PassOutcome outcome, ReconcilePlan plan, TimeSpan? nextChange)
    {
        if (outcome == PassOutcome.Stale)
        {
            return AfterRefusal;
        }

        // What was committed wakes the loop by itself, should it allow more.
        var wait = options.Value.ResyncInterval;
        if (plan.LookAgainAt is { } at && at - time.GetUtcNow() is var until && until < wait)
        {
            wait = until;
        }

        return nextChange is { } change && change < wait ? change : wait;
    }
}
