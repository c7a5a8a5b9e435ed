using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Rollouts;

/// <summary>Where a pool's rollout stands; see docs/state-machines.md.</summary>
public enum RolloutPhase
{
    /// <summary>The target is proven: every replica is of it.</summary>
    Stable,

    /// <summary>Replicas of the target replace others.</summary>
    Progressing,

    /// <summary>A step waits for its time or for a person; nothing is replaced.</summary>
    Paused,

    /// <summary>Blue-green: the target has all requests, the old set is kept for a while.</summary>
    Switched,

    /// <summary>The target failed; the stable revision is brought back to its full count.</summary>
    RollingBack,

    /// <summary>The stable revision serves alone again; the spec's own is rejected.</summary>
    RolledBack,

    /// <summary>The target failed and there is nothing proven to go back to, or going back is not wanted.</summary>
    Failed,
}

/// <summary>A revision of a pool with the template it stands for.</summary>
/// <param name="Revision">Fingerprint of <paramref name="Template"/>.</param>
/// <param name="Template">What a replica is.</param>
/// <param name="SpecRevision">The spec that first asked for it.</param>
public sealed record RolloutRevision(PoolRevision Revision, PoolTemplate Template, long SpecRevision)
{
    /// <summary>Who applied that spec; null when that is not known.</summary>
    public string? AppliedBy { get; init; }
}

/// <summary>What share of a pool's requests a revision gets.</summary>
/// <param name="Revision">The revision.</param>
/// <param name="Percent">0 to 100; zero keeps it known to the gateways, and without requests.</param>
public sealed record RevisionWeight(PoolRevision Revision, int Percent);

/// <summary>How one rollout ended.</summary>
/// <param name="Number">Its number in its pool.</param>
/// <param name="Revision">What was rolled out.</param>
/// <param name="SpecRevision">The spec that asked for it.</param>
/// <param name="Image">Its image, so that people recognise it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Outcome">Stable, RolledBack or Failed.</param>
/// <param name="Reason">Why it ended so.</param>
public sealed record RolloutHistoryEntry(
    long Number, PoolRevision Revision, long SpecRevision, string Image, DateTimeOffset StartedAt, DateTimeOffset EndedAt,
    RolloutPhase Outcome, string Reason)
{
    /// <summary>Who applied that spec; null when that is not known.</summary>
    public string? AppliedBy { get; init; }

    /// <summary>How the reason of one begins that another overtook; what overtook it follows.</summary>
    public const string Superseded = "superseded by revision";

    /// <summary>Author of the manual rollback that this rollout was; null when the spec asked for it.</summary>
    public string? ManualRollbackBy { get; init; }
}

/// <summary>
/// The rollout of one pool. Everything a new leader needs to go on in the middle of it; written by leaders only, together with
/// the assignments that follow from it.
/// </summary>
public sealed record RolloutRecord
{
    /// <summary>The pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>Grows by one with every rollout of the pool.</summary>
    public long Number { get; init; }

    /// <summary>Where it stands.</summary>
    public RolloutPhase Phase { get; init; }

    /// <summary>The phase that a pause by hand broke off; null when it is not paused by hand.</summary>
    public RolloutPhase? HeldFrom { get; init; }

    /// <summary>In which manner.</summary>
    public RolloutStrategy Strategy { get; init; }

    /// <summary>What is, or was last, rolled out.</summary>
    public required RolloutRevision Target { get; init; }

    /// <summary>What was last proven, and is gone back to; null before the first proof.</summary>
    public RolloutRevision? Stable { get; init; }

    /// <summary>The revision that the spec asked for when this was last decided; another one begins a new rollout.</summary>
    public PoolRevision Requested { get; init => field = value.Value is null ? new("") : value; } = new("");

    /// <summary>Shares of requests; empty leaves them to the number of replicas.</summary>
    public ImmutableArray<RevisionWeight> Weights { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Which canary step, from zero.</summary>
    public int Step { get; init; }

    /// <summary>Since when that step's replicas have all been available; null before.</summary>
    public DateTimeOffset? StepSince { get; init; }

    /// <summary>Author of the manual rollback that this rollout is; null when the spec asked for it.</summary>
    public string? ManualRollbackBy { get; init; }

    /// <summary>By whose clock the times here are: a process that did not write them compares none of them with its own clock.</summary>
    public string? Clock { get; init; }

    /// <summary>When the rollout began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When one more replica of the target last became available, or the phase last changed.</summary>
    public DateTimeOffset ProgressAt { get; init; }

    /// <summary>Most replicas of the target that were available at once.</summary>
    public int BestAvailable { get; init; }

    /// <summary>Why it stands so, in words for a person.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>When a replica that kept failing was last moved to another node; null before the first.</summary>
    public DateTimeOffset? LastMoveAt { get; init; }

    /// <summary>Since when too many replicas are unhealthy at once to believe it of each; null while that is not so.</summary>
    public DateTimeOffset? FrozenSince { get; init; }

    /// <summary>Id of the last <see cref="RolloutRequest"/> that was answered.</summary>
    public string? AnsweredRequest { get; init; }

    /// <summary>The allocation for whose end the target was given up, until its exit code and last words are known: an engine knows
    /// them tens of milliseconds after the end, and the decision does not wait for them.</summary>
    public AllocationId? Blamed { get; init; }

    /// <summary>The nodes that have the volumes of the pool's replicas; none for a pool without volumes.</summary>
    public ImmutableArray<VolumeHome> VolumeHomes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Earlier rollouts, newest first, at most twenty.</summary>
    public ImmutableArray<RolloutHistoryEntry> History { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What a person can ask of a rollout.</summary>
public enum RolloutVerb
{
    /// <summary>Replace nothing more for now.</summary>
    Pause,

    /// <summary>Go on after a pause; try again after a failure.</summary>
    Resume,

    /// <summary>Take the next canary step, or switch, without waiting further.</summary>
    Promote,

    /// <summary>Give up and go back to the stable revision.</summary>
    Abort,

    /// <summary>Roll out an earlier revision.</summary>
    Rollback,
}

/// <summary>What a person asked of a pool's rollout. Any manager writes it; the leader answers it in the record.</summary>
public sealed record RolloutRequest
{
    /// <summary>A ULID: another one is another request.</summary>
    public required string Id { get; init; }

    /// <summary>The pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>What.</summary>
    public RolloutVerb Verb { get; init; }

    /// <summary>For <see cref="RolloutVerb.Rollback"/>: what to go back to.</summary>
    public RolloutRevision? Revision { get; init; }

    /// <summary>Who.</summary>
    public string By { get; init => field = value ?? ""; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }
}
