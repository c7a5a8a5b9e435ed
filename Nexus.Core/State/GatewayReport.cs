using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Nexus.Core.Ids;
using Nexus.Core.Routing;

namespace Nexus.Core.State;

/// <summary>
/// What one gateway says of itself. Its key lives on the gateway's session and goes with it, so who is listed lives. Written
/// when it changes: this is the word that scheduler and agents wait for before they stop anything.
/// </summary>
public sealed record GatewayReport
{
    /// <summary>Its name.</summary>
    public required string Gateway { get; init; }

    /// <summary>Whether its report cannot be read, so that all of the following is not known.</summary>
    [JsonIgnore]
    public bool IsUnknown { get; init; }

    /// <summary>Revision of the spec it routes by.</summary>
    public long SpecRevision { get; init; }

    /// <summary>Counts its changes of routing.</summary>
    public long RoutingRevision { get; init; }

    /// <summary>Revision of the leader's record of routes that it routes by; zero without one, null of a gateway that knows of none.</summary>
    public long? RoutesRevision { get; init; }

    /// <summary>Routes that it leaves out, and why.</summary>
    public ImmutableArray<RefusedRoute> Refused { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Pools that a route leads or shall lead to, or that requests are under way at; about others it has nothing to say.</summary>
    public ImmutableArray<PoolName> Pools { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Every destination of those pools that it knows.</summary>
    public ImmutableArray<GatewayDestination> Destinations { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>How revisions that serve side by side fare; only while a pool has more than one.</summary>
    public ImmutableArray<RevisionTraffic> Traffic { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The gateway's own evidence about nodes: the second witness beside Consul. Nodes without recent evidence are left out.</summary>
    public ImmutableArray<NodeWitness> Nodes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Replicas in rotation that this gateway ejected or whose requests fail; others are left out.</summary>
    public ImmutableArray<ReplicaEvidence> Evidence { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>What a gateway holds against a replica that its checks call healthy.</summary>
/// <param name="Allocation">The replica.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Attempt">Which try of it.</param>
/// <param name="Ejected">Why it gets no requests from this gateway, in words; null when it does.</param>
/// <param name="EjectedAt">Since when, by the gateway's clock; null when it is not.</param>
/// <param name="Requests">Requests of the last 30 s, or of the 30 s before its ejection.</param>
/// <param name="Failures">Of those, 5xx answers and failed attempts.</param>
public sealed record ReplicaEvidence(
    AllocationId Allocation, PoolName Pool, int Attempt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Ejected,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTimeOffset? EjectedAt,
    long Requests, long Failures);

/// <summary>One allocation as a gateway routes it.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Attempt">Which try of it.</param>
/// <param name="TakesRequests">Whether it may get new requests (an ejection by the gateway's own evidence aside).</param>
/// <param name="InFlight">Requests under way at it, told only while it takes no new ones; zero before.</param>
/// <param name="WebSockets">Upgraded connections at it, told likewise; not among <paramref name="InFlight"/>.</param>
public sealed record GatewayDestination(AllocationId Allocation, int Attempt, bool TakesRequests, int InFlight, int WebSockets);

/// <summary>How one revision of a pool fared at one gateway within the last window.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Revision">The revision.</param>
/// <param name="Requests">Requests answered or failed.</param>
/// <param name="Failures">Of those, 5xx answers and failed attempts.</param>
/// <param name="P95Milliseconds">95th percentile of the time to the answer's head.</param>
public sealed record RevisionTraffic(PoolName Pool, PoolRevision Revision, long Requests, long Failures, double P95Milliseconds);

/// <summary>What a gateway's own connections say of a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reachable">True when a replica there answered within the last seconds, false when every try failed.</param>
public sealed record NodeWitness(NodeName Node, bool Reachable);
