using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.State;

/// <summary>What the leader wants of an allocation.</summary>
public enum DesiredStatus
{
    /// <summary>It shall run.</summary>
    Run,

    /// <summary>It shall be started, proven to serve and then kept paused, ready to take over.</summary>
    Standby,

    /// <summary>It shall be drained, stopped and gone.</summary>
    Stop,
}

/// <summary>Where an allocation is in its life; see docs/state-machines.md.</summary>
public enum AllocationPhase
{
    /// <summary>Assigned, nothing done yet, or waiting out a restart delay.</summary>
    Pending,

    /// <summary>Its image is being fetched.</summary>
    Pulling,

    /// <summary>Started, not yet proven to serve.</summary>
    Starting,

    /// <summary>Proven to serve once; its health is told apart.</summary>
    Running,

    /// <summary>Proven to serve and paused; not in the catalog.</summary>
    Paused,

    /// <summary>Gets no new requests, finishes those in flight.</summary>
    Draining,

    /// <summary>Gone because that was wanted.</summary>
    Stopped,

    /// <summary>Ended or could not start; waits for its retry.</summary>
    Failed,

    /// <summary>Its node is lost; whether it runs is not known.</summary>
    Lost,
}

/// <summary>One allocation as the leader assigns it to a node.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Which template of the assignment it is made from.</param>
/// <param name="Desired">What is wanted.</param>
/// <param name="Reason">Why it was placed or is stopped, in words.</param>
public sealed record AllocationAssignment(
    AllocationId Id, PoolName Pool, PoolRevision Revision, DesiredStatus Desired, string Reason);

/// <summary>A template that allocations of an assignment are made from.</summary>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Its fingerprint.</param>
/// <param name="Template">What a replica is.</param>
public sealed record AssignedTemplate(PoolName Pool, PoolRevision Revision, PoolTemplate Template);

/// <summary>Another node whose replicas a standby stands in for at once when one of them dies.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Revision">The revision of both.</param>
/// <param name="Node">The other node.</param>
/// <param name="ApiAddress">Where its agent tells how its allocations stand.</param>
public sealed record PeerWatch(PoolName Pool, PoolRevision Revision, NodeName Node, string ApiAddress);

/// <summary>Which assignment of a node: the later of two is the one with the higher epoch, then the higher generation.</summary>
/// <param name="Epoch">Fencing token of the leadership that wrote it.</param>
/// <param name="Generation">Counts the writes of the node's assignment.</param>
public sealed record AssignmentMark(ulong Epoch, ulong Generation)
{
    /// <summary>Whether this is the later one.</summary>
    public bool IsAfter(AssignmentMark other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Epoch > other.Epoch || (Epoch == other.Epoch && Generation > other.Generation);
    }
}

/// <summary>Everything the leader wants of one node. Self-contained: an agent can act on it with Consul gone.</summary>
public sealed record NodeAssignment
{
    /// <summary>The node.</summary>
    public required NodeName Node { get; init; }

    /// <summary>
    /// Id of the store it was written into; null from leaders of older versions. Epoch and generation of two stores are not
    /// comparable.
    /// </summary>
    public string? Store { get; init; }

    /// <summary>Fencing token of the leadership that wrote it; agents refuse lower ones of the same store than they have seen.</summary>
    public ulong Epoch { get; init; }

    /// <summary>Grows by one with every write.</summary>
    public ulong Generation { get; init; }

    /// <summary>Name of the cluster as its spec gives it.</summary>
    public string Cluster { get; init => field = value ?? "nexus"; } = "nexus";

    /// <summary>Whether faults may be caused there on purpose, as the spec says.</summary>
    public bool DrillsAllowed { get; init; }

    /// <summary>
    /// Whether the node was out of use when this was written: a node whose eligibility record is lost afterwards is not returned
    /// to use for that.
    /// </summary>
    public bool OutOfUse { get; init; }

    /// <summary>What shall run or stop there.</summary>
    public ImmutableArray<AllocationAssignment> Allocations { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The templates those refer to.</summary>
    public ImmutableArray<AssignedTemplate> Templates { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Whose replicas this node's standbys stand in for without waiting for the leader, beside its own.</summary>
    public ImmutableArray<PeerWatch> Watches { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Which assignment of its node this is.</summary>
    [JsonIgnore]
    public AssignmentMark Mark => new(Epoch, Generation);

    /// <summary>The allocations that run or stand by in <paramref name="held"/> and are not mentioned here.</summary>
    public ImmutableArray<AllocationId> LeavesOut(NodeAssignment held)
    {
        ArgumentNullException.ThrowIfNull(held);
        var known = Allocations.Select(a => a.Id).ToHashSet();
        return [.. held.Allocations.Where(a => a.Desired != DesiredStatus.Stop && !known.Contains(a.Id)).Select(a => a.Id)];
    }

    /// <summary>An assignment of nothing.</summary>
    public static NodeAssignment Empty(NodeName node) => new() { Node = node };
}

/// <summary>What an agent sees of one allocation.</summary>
public sealed record ObservedAllocation
{
    /// <summary>Its identity.</summary>
    public required AllocationId Id { get; init; }

    /// <summary>Its pool.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>The revision it was started from.</summary>
    public required PoolRevision Revision { get; init; }

    /// <summary>Where it is in its life.</summary>
    public AllocationPhase Phase { get; init; }

    /// <summary>Whether its checks pass.</summary>
    public bool Healthy { get; init; }

    /// <summary>Since when it has been healthy without a break, by the clock of <see cref="NodeObservation.ReportedAt"/>; null while unhealthy.</summary>
    public DateTimeOffset? HealthySince { get; init; }

    /// <summary>Address it serves at; null when it serves none.</summary>
    public string? Address { get; init; }

    /// <summary>Port it serves at; null when it serves none.</summary>
    public int? Port { get; init; }

    /// <summary>Start of its present container or process.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Restarts on its node since it was placed.</summary>
    public int Restarts { get; init; }

    /// <summary>Failures in a row: what its restart delay grows with.</summary>
    public int Failures { get; init; }

    /// <summary>Which try of it this is, counted from zero; a gateway acknowledges a try, not an allocation.</summary>
    public int Attempt { get; init; }

    /// <summary>Exit code of its last end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it is as it is, in words; null when all is well.</summary>
    public string? Reason { get; init; }

    /// <summary>How its last end came about, in words, whatever became of it since; null before the first, or while it is not known.</summary>
    public string? EndReason { get; init; }

    /// <summary>Last lines of its output before its last end.</summary>
    public ImmutableArray<string> LastLogs { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>Everything an agent sees on its node.</summary>
public sealed record NodeObservation
{
    /// <summary>The node.</summary>
    public required NodeName Node { get; init; }

    /// <summary>Store of the assignment last acted on; null without one, and from agents of older versions.</summary>
    public string? Store { get; init; }

    /// <summary>
    /// The assignment that the agent goes on with while the store shows none that follows it: it was lost, or the store is another
    /// one. With it a leader can take over what runs, templates and all. Null otherwise.
    /// </summary>
    public NodeAssignment? Kept { get; init; }

    /// <summary>Epoch of the assignment last acted on.</summary>
    public ulong Epoch { get; init; }

    /// <summary>Generation of the assignment last acted on.</summary>
    public ulong Generation { get; init; }

    /// <summary>
    /// When this was written, by the clock of every other time in it: a reader takes the difference for a duration, and compares
    /// neither with its own clock. Null from agents of older versions.
    /// </summary>
    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>The machine's own clock at that moment, to tell people how far it is from others. Null from agents of older versions.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>The assignment that the agent holds; given only while it refuses another.</summary>
    public AssignmentMark? Held { get; init; }

    /// <summary>The assignment in Consul, while the agent refuses it because it holds a later one, or another one of the same mark.</summary>
    public AssignmentMark? Refused { get; init; }

    /// <summary>What runs, or ended and is still assigned.</summary>
    public ImmutableArray<ObservedAllocation> Allocations { get; init => field = value.IsDefault ? [] : value; } = [];
}
