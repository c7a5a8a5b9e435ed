using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Restart;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>
/// What an agent remembers of one allocation beyond what its runtime shows. Lost with the agent, which then starts from
/// the workloads it finds: only delays and streaks begin anew.
/// </summary>
public sealed record AllocationMemory
{
    /// <summary>Its identity.</summary>
    public required AllocationId Id { get; init; }

    /// <summary>Its pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>The revision it is made from.</summary>
    public required PoolRevision Revision { get; init; }

    /// <summary>Where it is in its life.</summary>
    public AllocationPhase Phase { get; init; }

    /// <summary>Number of its present or last try; -1 before the first.</summary>
    public int Attempt { get; init; } = -1;

    /// <summary>Number of the last try whose end is recorded here; -1 before the first end.</summary>
    public int EndedAttempt { get; init; } = -1;

    /// <summary>What the runtime calls its present workload; null when there is none.</summary>
    public string? Workload { get; init; }

    /// <summary>Port of its present workload on the node.</summary>
    public int? Port { get; init; }

    /// <summary>How its engine forwards connections to <see cref="Port"/>; null where the workload listens there itself.</summary>
    public PortForwarding? Forwarding { get; init; }

    /// <summary>Start of its present workload.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Whether its workload was heard to end, although the runtime may still list it as running.</summary>
    public bool ExitHeard { get; init; }

    /// <summary>
    /// What the runtime calls the workload that was last heard to end and is recorded as ended; the runtime may list it as
    /// running for a moment yet. Null when its last end was seen in the list.
    /// </summary>
    public string? EndedWorkload { get; init; }

    /// <summary>Why its workload is being killed by its agent, in words; null when it is not.</summary>
    public string? KilledFor { get; init; }

    /// <summary>The assignment under which it serves although it shall stand by; null when it does not.</summary>
    public LeaderWord? StandsIn { get; init; }

    /// <summary>Since when it has been healthy without a break; null while it is not.</summary>
    public DateTimeOffset? HealthySince { get; init; }

    /// <summary>Since when its check has failed; null while it does not.</summary>
    public DateTimeOffset? UnhealthySince { get; init; }

    /// <summary>How its check fails, where its agent's own probes found that out; null where Consul did.</summary>
    public SickKind? Sick { get; init; }

    /// <summary>How long it had been healthy when its check began to fail.</summary>
    public TimeSpan LastHealthyFor { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>When it is tried again; null for as soon as possible.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Exit code of its last end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it is as it is; null when all is well.</summary>
    public string? Reason { get; init; }

    /// <summary>How its last end came about, in words; null before the first, or while it is not known.</summary>
    public string? EndReason { get; init; }

    /// <summary>Until when more may become known of its last end: an engine knows an exit code a moment later; null when all is known.</summary>
    public DateTimeOffset? ExaminedUntil { get; init; }

    /// <summary>Last lines of its output before its last end.</summary>
    public ImmutableArray<string> LastLogs { get; init; } = [];

    /// <summary>How long an allocation that is to be stopped is kept on record while its last end is looked into.</summary>
    public static readonly TimeSpan ExaminationLimit = TimeSpan.FromSeconds(4);

    /// <summary>A memory of nothing yet.</summary>
    public static AllocationMemory Of(AllocationAssignment assignment)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        return new() { Id = assignment.Id, Pool = assignment.Pool, Revision = assignment.Revision };
    }

    /// <summary>Moves the phase; unchanged when <paramref name="happened"/> cannot happen in it.</summary>
    public AllocationMemory After(AllocationEvent happened) =>
        this with { Phase = AllocationLifecycle.Next(Phase, happened) ?? Phase };

    /// <summary>A workload runs now.</summary>
    public AllocationMemory AfterRun(SeenWorkload workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return After(AllocationEvent.WorkloadRuns) with
        {
            Attempt = workload.Attempt,
            Workload = workload.Id,
            Port = workload.Port,
            Forwarding = workload.Forwarding,
            StartedAt = workload.StartedAt,
            ExitHeard = false,
            KilledFor = null,
            StandsIn = null,
            HealthySince = null,
            UnhealthySince = null,
            Sick = null,
            LastHealthyFor = TimeSpan.Zero,
            RetryAt = null,
        };
    }

    /// <summary>It serves.</summary>
    public AllocationMemory AfterServing(DateTimeOffset now) =>
        After(AllocationEvent.Serving) with { HealthySince = now, UnhealthySince = null, Sick = null, Reason = null };

    /// <summary>Its check says whether it is healthy; only news change anything.</summary>
    public AllocationMemory AfterCheck(bool healthy, string output, DateTimeOffset now, SickKind? kind = null) => (healthy, UnhealthySince) switch
    {
        (true, _) when HealthySince is null => this with { HealthySince = now, UnhealthySince = null, Sick = null, Reason = null },
        (false, null) => this with
        {
            HealthySince = null,
            UnhealthySince = now,
            Sick = kind,
            LastHealthyFor = now - (HealthySince ?? now),
            Reason = "check fails: " + output,
        },
        _ => this,
    };

    /// <summary>Its workload is paused.</summary>
    public AllocationMemory AfterSlept() => After(AllocationEvent.Slept) with
    {
        StandsIn = null,
        HealthySince = null,
        UnhealthySince = null,
        Sick = null,
        Reason = null,
    };

    /// <summary>Its agent takes it out of service. An agent that never saw it run learns here what runs.</summary>
    public AllocationMemory AfterStopBegun(SeenWorkload workload, string reason)
    {
        ArgumentNullException.ThrowIfNull(workload);
        var known = Workload is null
            ? this with { Attempt = workload.Attempt, Workload = workload.Id, Port = workload.Port, Forwarding = workload.Forwarding, StartedAt = workload.StartedAt }
            : this;
        return known.After(AllocationEvent.StopBegun) with { Reason = reason };
    }

    /// <summary>Its workload was heard to end.</summary>
    public AllocationMemory AfterExitHeard() => this with { ExitHeard = true };

    /// <summary>Its workload ended, or its start failed: when it is tried again depends on how often that happened.</summary>
    public AllocationMemory AfterEnd(WorkloadEnd end, RestartSpec restart, DateTimeOffset now, double chance)
    {
        ArgumentNullException.ThrowIfNull(end);
        TimeSpan? healthyFor = HealthySince is { } since ? now - since : LastHealthyFor > TimeSpan.Zero ? LastHealthyFor : null;
        var decision = RestartBackoff.AfterFailure(restart, Failures, healthyFor, chance);
        return After(end.StartFailed ? AllocationEvent.StartFailed : AllocationEvent.Ended).Ended(end.Reason, decision, now) with
        {
            Attempt = Math.Max(Attempt, end.Attempt),
            EndedAttempt = Math.Max(EndedAttempt, end.Attempt),
            EndedWorkload = ExitHeard ? Workload : null,
            ExitCode = end.ExitCode,
            EndReason = end.IsFinal ? end.Reason : null,
            ExaminedUntil = end.IsFinal ? null : now + ExaminationLimit,
            LastLogs = LastLines.Bound(end.Logs),
        };
    }

    /// <summary>More is known of its last end; unchanged once a later try has ended.</summary>
    public AllocationMemory AfterAutopsy(WorkloadEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return end.Attempt != EndedAttempt ? this : this with
        {
            ExitCode = end.ExitCode,
            EndReason = end.Reason,
            ExaminedUntil = null,
            LastLogs = LastLines.Bound(end.Logs),
            Reason = Phase == AllocationPhase.Failed ? end.Reason : Reason,
        };
    }

    /// <summary>Its image cannot be had.</summary>
    public AllocationMemory AfterPullFailure(string reason, RestartSpec restart, DateTimeOffset now, double chance) =>
        After(AllocationEvent.PullFailed).Ended(reason, RestartBackoff.AfterPullFailure(restart, Failures, chance), now);

    /// <summary>Nothing of it runs any more, as wanted.</summary>
    public AllocationMemory AfterGone(string reason) => After(AllocationEvent.StopBegun).After(AllocationEvent.Gone) with
    {
        Workload = null,
        Port = null,
        Forwarding = null,
        ExitHeard = false,
        KilledFor = null,
        HealthySince = null,
        UnhealthySince = null,
        RetryAt = null,
        Reason = reason,
    };

    /// <summary>What the leader is told.</summary>
    public ObservedAllocation ToObserved(string address) => new()
    {
        Id = Id,
        Pool = Pool,
        Revision = Revision,
        Phase = Phase,
        Healthy = HealthySince is not null && !ExitHeard,
        HealthySince = ExitHeard ? null : HealthySince,
        Address = Port is null ? null : address,
        Port = Port,
        StartedAt = StartedAt,
        Restarts = Math.Max(0, Attempt),
        Failures = Failures,
        Attempt = Math.Max(0, Attempt),
        ExitCode = ExitCode,
        Reason = Reason,
        EndReason = EndReason,
        LastLogs = LastLogs,
    };

    private AllocationMemory Ended(string reason, RestartDecision decision, DateTimeOffset now) => this with
    {
        Workload = null,
        Port = null,
        Forwarding = null,
        ExitHeard = false,
        KilledFor = null,
        HealthySince = null,
        UnhealthySince = null,
        Failures = decision.Failures,
        RetryAt = decision.Delay == TimeSpan.Zero ? null : now + decision.Delay,
        Reason = reason,
    };
}

/// <summary>How a workload ended.</summary>
/// <param name="Attempt">Which try it was.</param>
/// <param name="ExitCode">Its exit code; null when it is not known or it never ran.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Logs">Its last lines.</param>
/// <param name="StartFailed">Whether it never came to serve.</param>
public sealed record WorkloadEnd(int Attempt, int? ExitCode, string Reason, ImmutableArray<string> Logs, bool StartFailed)
{
    /// <summary>Whether no more can become known of it.</summary>
    public bool IsFinal { get; init; } = true;
}
