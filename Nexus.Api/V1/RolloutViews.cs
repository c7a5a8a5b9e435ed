using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;

namespace Nexus.Api.V1;

/// <summary>How a pool's rollout stands.</summary>
public sealed record RolloutView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Its number in the pool.</summary>
    public long Number { get; init; }

    /// <summary>Where it stands.</summary>
    public RolloutPhase Phase { get; init; }

    /// <summary>In which manner.</summary>
    public RolloutStrategy Strategy { get; init; }

    /// <summary>What is rolled out.</summary>
    public required string Target { get; init; }

    /// <summary>The revision the spec asked for when this was decided; null when an older manager does not say.</summary>
    public string? Requested { get; init; }

    /// <summary>Image of <see cref="Target"/>.</summary>
    public required string Image { get; init; }

    /// <summary>What was last proven; null before the first proof.</summary>
    public string? Stable { get; init; }

    /// <summary>Replicas wanted.</summary>
    public int Desired { get; init; }

    /// <summary>Replicas of the target.</summary>
    public int Updated { get; init; }

    /// <summary>Of those, available: healthy for long enough and acknowledged by every gateway.</summary>
    public int Available { get; init; }

    /// <summary>Replicas of other revisions.</summary>
    public int Old { get; init; }

    /// <summary>Canary step in force, from 1, and how many there are; null outside a canary.</summary>
    public string? Step { get; init; }

    /// <summary>Share of requests of the target in percent; null when it follows from the number of replicas.</summary>
    public int? Weight { get; init; }

    /// <summary>Author of the manual rollback that this is; null when the spec asked for it.</summary>
    public string? ManualRollbackBy { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it fails unless it progresses; null while that cannot happen.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Why it stands so.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who applied the spec that asks for the target; null when that is not known.</summary>
    public string? AppliedBy { get; init; }

    /// <summary>The spec that first asked for the target; null when an older manager does not say.</summary>
    public long? SpecRevision { get; init; }

    /// <summary>Earlier rollouts, newest first.</summary>
    public ImmutableArray<RolloutHistoryView> History { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>How an earlier rollout ended.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Revision">What was rolled out.</param>
/// <param name="SpecRevision">The spec that asked for it.</param>
/// <param name="Image">Its image.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Outcome">How.</param>
/// <param name="Reason">Why.</param>
public sealed record RolloutHistoryView(
    long Number, string Revision, long SpecRevision, string Image, DateTimeOffset StartedAt, DateTimeOffset EndedAt,
    RolloutPhase Outcome, string Reason)
{
    /// <summary>Author of the manual rollback that this was; null when the spec asked for it.</summary>
    public string? ManualRollbackBy { get; init; }

    /// <summary>Who applied that spec; null when that is not known.</summary>
    public string? AppliedBy { get; init; }
}

/// <summary>Asks something of a rollout.</summary>
/// <param name="Verb">What.</param>
/// <param name="Revision">For a rollback: which revision (its fingerprint); null for the one before.</param>
/// <param name="By">Who asks.</param>
public sealed record RolloutCommand([property: JsonRequired] RolloutVerb Verb, string? Revision, string By);

/// <summary>Takes a node out of use or puts it back.</summary>
/// <param name="Draining">True empties it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="By">Who.</param>
public sealed record NodeEligibilityCommand([property: JsonRequired] bool Draining, string Reason, string By)
{
    /// <summary>Whether replicas leave the node although their volumes, and the data in them, stay behind.</summary>
    public bool LeaveVolumes { get; init; }
}

/// <summary>How far a node's emptying is.</summary>
/// <param name="Node">The node.</param>
/// <param name="Draining">Whether it is taken out of use.</param>
/// <param name="Left">Allocations still there.</param>
/// <param name="Blocked">Why it cannot go on; null while it can.</param>
public sealed record NodeDrainView(string Node, bool Draining, int Left, string? Blocked);

/// <summary>What applying a document would change.</summary>
public sealed record PlanView
{
    /// <summary>Whether the document is valid; else only <see cref="Problems"/> says something.</summary>
    public bool Valid { get; init; }

    /// <summary>Whether anything would change.</summary>
    public bool Changes { get; init; }

    /// <summary>Errors and warnings of the document.</summary>
    public ImmutableArray<SpecProblemView> Problems { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Per pool, by name; unchanged ones are left out.</summary>
    public ImmutableArray<PlanPoolView> Pools { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Routes that come, go or change, one line each: <c>+ example.org/ → web</c>.</summary>
    public ImmutableArray<string> Routes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Other settings of the gateways and of the cluster that differ, one line each: <c>drills: forbidden → allowed</c>.</summary>
    public ImmutableArray<string> Settings { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What to think of before applying.</summary>
    public ImmutableArray<string> Warnings { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What would change in one pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="What"><c>new</c>, <c>removed</c>, <c>rollout</c>, <c>scale</c> or <c>settings</c>.</param>
/// <param name="Start">Replicas that would be started.</param>
/// <param name="Stop">Replicas that would be stopped.</param>
/// <param name="Move">Replicas that would be moved to another node.</param>
/// <param name="Desired">Replicas wanted afterwards.</param>
/// <param name="LeastAvailable">Least replicas that serve meanwhile, if nothing fails.</param>
/// <param name="Fields">Fields of the pool that differ, one line each: <c>image: a → b</c>.</param>
public sealed record PlanPoolView(
    string Pool, string What, int Start, int Stop, int Move, int Desired, int LeastAvailable, ImmutableArray<string> Fields)
{
    /// <summary>Fields of the pool that differ.</summary>
    public ImmutableArray<string> Fields { get; init => field = value.IsDefault ? [] : value; } = Fields.IsDefault ? [] : Fields;
}
