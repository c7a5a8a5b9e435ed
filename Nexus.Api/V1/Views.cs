using System.Collections.Immutable;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Api.V1;

/// <summary>The spec in force.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Yaml">The document as applied.</param>
/// <param name="AppliedAt">When.</param>
/// <param name="AppliedBy">By whom.</param>
public sealed record SpecView(long Revision, string Yaml, DateTimeOffset AppliedAt, string AppliedBy);

/// <summary>What an apply or a validation came to.</summary>
/// <param name="Valid">Whether the document can be applied.</param>
/// <param name="Revision">Number it got; for a validation or a refusal, the one in force.</param>
/// <param name="Changed">Whether it differs from the one in force.</param>
/// <param name="Problems">All errors and warnings.</param>
public sealed record SpecResult(bool Valid, long Revision, bool Changed, ImmutableArray<SpecProblemView> Problems)
{
    /// <summary>The revision that was in force at the moment of the apply, zero for none; null when nothing was applied, or an older
    /// manager does not say.</summary>
    public long? Replaced { get; init; }

    /// <summary>Who had applied that one.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>All errors and warnings.</summary>
    public ImmutableArray<SpecProblemView> Problems { get; init => field = value.IsDefault ? [] : value; } =
        Problems.IsDefault ? [] : Problems;
}

/// <summary>One problem of a document.</summary>
/// <param name="Severity"><c>error</c> or <c>warning</c>.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Key">Path of the key: <c>worker_pools.web.port</c>.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record SpecProblemView(string Severity, int Line, int Column, string Key, string Message);

/// <summary>The cluster at a glance. Here and below, a list that the sender leaves out is read as empty.</summary>
public sealed record StatusView
{
    /// <summary>Its name; null before the first apply.</summary>
    public string? Cluster { get; init; }

    /// <summary>Revision of the spec in force; zero before the first apply.</summary>
    public long SpecRevision { get; init; }

    /// <summary>Who applied it: <c>user@host</c>; null when an older manager does not say.</summary>
    public string? SpecAppliedBy { get; init; }

    /// <summary>When it was applied.</summary>
    public DateTimeOffset? SpecAppliedAt { get; init; }

    /// <summary>The spec that the routes in force were decided for; null when an older manager does not say.</summary>
    public long? RoutesSpecRevision { get; init; }

    /// <summary>Routes that are not as the spec asks for: they wait for their pool, or gateways have not applied them.</summary>
    public ImmutableArray<RouteView> Routes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Whether the spec allows faults to be caused on purpose.</summary>
    public bool DrillsAllowed { get; init; }

    /// <summary>Who leads; null while nobody does.</summary>
    public LeaderView? Leader { get; init; }

    /// <summary>When this was seen.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Why what is shown may be old; null when it is not.</summary>
    public string? Warning { get; init; }

    /// <summary>What a person should look into although pools may well be healthy, a sentence each.</summary>
    public ImmutableArray<string> Warnings { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Records of the cluster's state that are missing or cannot be read. Nothing is stopped or placed because of them.</summary>
    public ImmutableArray<RecordProblemView> Problems { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Every manager known.</summary>
    public ImmutableArray<PeerView> Managers { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Every gateway known.</summary>
    public ImmutableArray<PeerView> Gateways { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Pools.</summary>
    public ImmutableArray<PoolView> Pools { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Nodes.</summary>
    public ImmutableArray<NodeView> Nodes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Allocations.</summary>
    public ImmutableArray<AllocationView> Allocations { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A route that is not as the spec asks for.</summary>
/// <param name="Route">Its host and path: <c>example.org/shop</c>.</param>
/// <param name="State">How it stands.</param>
/// <param name="Pool">The pool that the spec asks for.</param>
/// <param name="Serving">The pool that serves its requests meanwhile; null for none.</param>
/// <param name="Reason">Why it is not as asked for.</param>
public sealed record RouteView(string Route, RouteState State, string Pool, string? Serving, string Reason);

/// <summary>How a route stands that is not as the spec asks for.</summary>
public enum RouteState
{
    /// <summary>It waits for its pool.</summary>
    Waiting,

    /// <summary>It has waited for longer than its pool's progress deadline, or for a rollout that was given up.</summary>
    NotSwitched,

    /// <summary>A gateway has not applied it yet.</summary>
    Applying,

    /// <summary>A gateway leaves it out.</summary>
    Refused,
}

/// <summary>A record of the cluster's state that is missing or cannot be read.</summary>
/// <param name="Key">Its key in Consul.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Repair">What puts it right.</param>
public sealed record RecordProblemView(string Key, string Reason, string Repair);

/// <summary>Who leads.</summary>
/// <param name="Manager">Its name.</param>
/// <param name="ApiAddress">Its API.</param>
/// <param name="Epoch">Fencing token of its leadership.</param>
/// <param name="Since">Since when.</param>
public sealed record LeaderView(string Manager, string ApiAddress, ulong Epoch, DateTimeOffset Since);

/// <summary>A manager or gateway.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its base address: a manager's API, a gateway's admin endpoints.</param>
/// <param name="Healthy">Whether its checks pass.</param>
/// <param name="Host">Name of its machine; null when an older version does not say.</param>
/// <param name="Pid">Its process there.</param>
public sealed record PeerView(string Name, string Address, bool Healthy, string? Host = null, int? Pid = null)
{
    /// <summary>Where a gateway takes requests, the first of them first; empty for a manager, or when an older gateway does not say.</summary>
    public ImmutableArray<string> TrafficAddresses { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A pool.</summary>
public sealed record PoolView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its image; empty for a process.</summary>
    public required string Image { get; init; }

    /// <summary>Present revision of its template.</summary>
    public required string Revision { get; init; }

    /// <summary>Replicas wanted.</summary>
    public int Desired { get; init; }

    /// <summary>Allocations that shall run, but for those on lost nodes: others stand in for them.</summary>
    public int Running { get; init; }

    /// <summary>Of those, healthy.</summary>
    public int Healthy { get; init; }

    /// <summary>Of those, of the present revision.</summary>
    public int UpToDate { get; init; }

    /// <summary>Least and most replicas.</summary>
    public int MinReplicas { get; init; }

    /// <summary>Most replicas.</summary>
    public int MaxReplicas { get; init; }

    /// <summary>Why a replica cannot be placed; null when all are.</summary>
    public string? Blocked { get; init; }

    /// <summary>Revision that serves in place of <see cref="Revision"/> after a rollback; null when they are the same or a rollout is
    /// under way.</summary>
    public string? ServingRevision { get; init; }

    /// <summary>Image of <see cref="ServingRevision"/>.</summary>
    public string? ServingImage { get; init; }

    /// <summary>Why requests to it fail although its replicas pass their checks, as the gateways report; null when they do not.</summary>
    public string? Trouble { get; init; }

    /// <summary>Where its rollout stands; null when the last one is done, or an older manager does not say.</summary>
    public RolloutPhase? Rollout { get; init; }

    /// <summary>Why the rollout stands there; null when there is nothing to say.</summary>
    public string? RolloutReason { get; init; }
}

/// <summary>A node.</summary>
public sealed record NodeView
{
    /// <summary>Why it cannot be emptied; null when nothing keeps it.</summary>
    public string? Blocked { get; init; }

    /// <summary>What keeps it from doing its work, such as an engine that does not answer or a full disk; null while nothing does.</summary>
    public string? Problem { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What the leader thinks of it.</summary>
    public NodeStatus Status { get; init; }

    /// <summary>Address of its replicas.</summary>
    public required string Address { get; init; }

    /// <summary>Architecture.</summary>
    public required string Arch { get; init; }

    /// <summary>Docker or Process.</summary>
    public RuntimeKind Runtime { get; init; }

    /// <summary>CPU in thousandths of a core.</summary>
    public int CpuMillicores { get; init; }

    /// <summary>Of that, reserved.</summary>
    public int ReservedCpuMillicores { get; init; }

    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Of that, reserved.</summary>
    public long ReservedMemoryBytes { get; init; }

    /// <summary>How far its clock is ahead of this manager's, in seconds; negative when it is behind, null while that is not known.</summary>
    public double? ClockDifferenceSeconds { get; init; }

    /// <summary>Allocations that shall run there.</summary>
    public int Allocations { get; init; }

    /// <summary>Labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels
    {
        get;
        init => field = value ?? ImmutableSortedDictionary<string, string>.Empty;
    } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Version of its agent.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>Base address of its agent's API; null when an older manager does not say.</summary>
    public string? ApiAddress { get; init; }
}

/// <summary>An allocation: what is wanted and what is seen.</summary>
public sealed record AllocationView
{
    /// <summary>Its identity.</summary>
    public required string Id { get; init; }

    /// <summary>Its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Its node.</summary>
    public required string Node { get; init; }

    /// <summary>Its revision.</summary>
    public required string Revision { get; init; }

    /// <summary>What is wanted.</summary>
    public DesiredStatus Desired { get; init; }

    /// <summary>What is seen; null while its agent has not reported it.</summary>
    public AllocationPhase? Phase { get; init; }

    /// <summary>Whether its checks pass.</summary>
    public bool Healthy { get; init; }

    /// <summary>Where it serves: <c>127.0.0.1:32768</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Restarts on its node.</summary>
    public int Restarts { get; init; }

    /// <summary>Exit code of its last end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Start of its present container or process.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Why it is as it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What the gateways hold against it whatever its checks say: an ejection, failing requests; null for nothing.</summary>
    public string? Trouble { get; init; }

    /// <summary>Last lines of its output before its last end.</summary>
    public ImmutableArray<string> LastLogs { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>An event.</summary>
/// <param name="Id">Sorts by time.</param>
/// <param name="At">When.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">What happened and why.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Pool">Pool it concerns.</param>
/// <param name="Allocation">Allocation it concerns.</param>
/// <param name="Node">Node it concerns.</param>
public sealed record EventView(
    string Id, DateTimeOffset At, string Kind, EventSeverity Severity, string Message, string Source,
    string? Pool, string? Allocation, string? Node);

/// <summary>Why a request was refused (RFC 9457).</summary>
/// <param name="Title">What went wrong, in one sentence.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What to do about it.</param>
public sealed record ProblemView(string? Title, int? Status, string? Detail);
