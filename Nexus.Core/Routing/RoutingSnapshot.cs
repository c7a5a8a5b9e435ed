using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Routing;

/// <summary>Sends requests of one host and path prefix to one pool.</summary>
/// <param name="Host">Host to match, in lower case, <c>*.</c> allowed in front; null for any.</param>
/// <param name="Path">Path prefix, from the slash on and without one at its end; <c>/</c> for all.</param>
/// <param name="StripPrefix">Whether the replica sees the path without the prefix.</param>
/// <param name="Pool">The pool that answers.</param>
/// <param name="Timeout">How long a replica may take to begin its answer; null for no limit of the route's own.</param>
public sealed record Route(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Host, string Path, bool StripPrefix, PoolName Pool, TimeSpan? Timeout = null)
{
    /// <summary>Which requests it takes.</summary>
    [JsonIgnore]
    public RoutePattern Pattern => RoutePattern.Of(Host, Path);

    /// <summary>What <see cref="StripPrefix"/> takes off where that is not <see cref="Path"/>: a route that waits for its pool serves by the
    /// rules of the less specific one that took its requests before. Null for the path itself.</summary>
    public string? OtherPrefix { get; init; }

    /// <summary>What is taken off where <see cref="StripPrefix"/> is set.</summary>
    [JsonIgnore]
    public string Prefix => OtherPrefix ?? Path;

    /// <summary>Largest request body in bytes; null for the gateway's own limit.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>How long a client may pause within a request body; null for the gateway's own limit.</summary>
    public TimeSpan? BodyTimeout { get; init; }
}

/// <summary>Where the agent of a node is reached.</summary>
/// <param name="Node">The node.</param>
/// <param name="ApiAddress">Base address of its agent's HTTP API.</param>
public sealed record AgentAddress(NodeName Node, string ApiAddress);

/// <summary>Everything a gateway needs to route, as it held at one moment. Persisted as it is.</summary>
public sealed record RoutingSnapshot
{
    /// <summary>What a gateway knows before it knows anything.</summary>
    public static RoutingSnapshot Empty { get; } = new();

    /// <summary>Counts this gateway's changes of routing; zero before the first.</summary>
    public long Revision { get; init; }

    /// <summary>Revision of the spec behind it.</summary>
    public long SpecRevision { get; init; }

    /// <summary>The routes; the first that matches decides.</summary>
    public ImmutableArray<Route> Routes { get; init; } = [];

    /// <summary>Revision of the leader's record that the routes come from; zero while there was none and the spec's own hold.</summary>
    public long RoutesRevision { get; init; }

    /// <summary>Routes that are left out because they cannot be applied.</summary>
    public ImmutableArray<RefusedRoute> Refused { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The pools that routes lead to or shall lead to, and those that requests are still under way at; by name.</summary>
    public ImmutableArray<PoolRouting> Pools { get; init; } = [];

    /// <summary>Response headers that differ from the safe defaults.</summary>
    public SecurityHeadersSpec Headers { get; init; } = new();

    /// <summary>How failed attempts are repeated.</summary>
    public RetrySpec Retry { get; init; } = new();

    /// <summary>Over how long a new replica's share of requests grows to its full size.</summary>
    public TimeSpan SlowStart { get; init; } = new GatewaySpec().SlowStart;

    /// <summary>Where the nodes' agents are reached, by node: the streams of news work without Consul too.</summary>
    public ImmutableArray<AgentAddress> Agents { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Whether anything was ever applied.</summary>
    public bool IsEmpty => Revision == 0;

    /// <summary>The pool of that name; null when it is not known here.</summary>
    public PoolRouting? Find(PoolName pool) => Pools.FirstOrDefault(p => p.Name == pool);

    /// <summary>Whether <paramref name="other"/> routes the same, whatever its number.</summary>
    public bool RoutesLike(RoutingSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return SpecRevision == other.SpecRevision
            && RoutesRevision == other.RoutesRevision
            && Refused.SequenceEqual(other.Refused)
            && Headers == other.Headers
            && Retry == other.Retry
            && SlowStart == other.SlowStart
            && Agents.SequenceEqual(other.Agents)
            && Routes.SequenceEqual(other.Routes)
            && Pools.SequenceEqual(other.Pools);
    }
}
