using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.Spec;

/// <summary>What one <c>nexus.yaml</c> asks for: the pools of a cluster and how traffic reaches them.</summary>
public sealed record ClusterSpec
{
    /// <summary>Name of the cluster, as status shows it. (Containers are told apart by the agents' own <c>Worker:Cluster</c>.)</summary>
    public string Cluster { get; init; } = "nexus";

    /// <summary>The pools, in the order of the document.</summary>
    public ImmutableArray<PoolSpec> Pools { get; init; } = [];

    /// <summary>How the gateways route.</summary>
    public GatewaySpec Gateway { get; init; } = new();
}

/// <summary>A named set of identical replicas.</summary>
public sealed record PoolSpec
{
    /// <summary>Its name, unique in the cluster.</summary>
    public required PoolName Name { get; init; }

    /// <summary>Replicas to keep running at least.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>Replicas never to be exceeded by scaling (a rollout's surge comes on top).</summary>
    public int MaxReplicas { get; init; } = 1;

    /// <summary>What each replica is. A change here is a new revision; a change elsewhere is not.</summary>
    public required PoolTemplate Template { get; init; }

    /// <summary>How replicas are replaced when the template changes.</summary>
    public RolloutSpec Rollout { get; init; } = new();

    /// <summary>Which nodes may run it.</summary>
    public PlacementSpec Placement { get; init; } = new();
}

/// <summary>How old replicas give way to new ones.</summary>
public sealed record RolloutSpec
{
    /// <summary>Replicas that may exist above the wanted count while replacing.</summary>
    public int MaxSurge { get; init; } = 1;

    /// <summary>Replicas that may be missing from the wanted count while replacing.</summary>
    public int MaxUnavailable { get; init; }

    /// <summary>How long a new replica must have been healthy before it counts as available.</summary>
    public TimeSpan MinHealthyTime { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Whether replicas of a pool may share a node.</summary>
public enum SpreadRule
{
    /// <summary>Nodes with fewest replicas of the pool first.</summary>
    Preferred,

    /// <summary>Never two replicas of the pool on one node.</summary>
    Required,
}

/// <summary>Which nodes may run a pool.</summary>
public sealed record PlacementSpec
{
    /// <summary>Labels a node must carry with exactly these values.</summary>
    public ImmutableSortedDictionary<string, string> Constraints { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Architecture a node must have (<c>amd64</c>, <c>arm64</c>); null for any.</summary>
    public string? Arch { get; init; }

    /// <summary>Whether replicas may share a node.</summary>
    public SpreadRule Spread { get; init; }
}

/// <summary>What the gateways do for this cluster.</summary>
public sealed record GatewaySpec
{
    /// <summary>Routes, most specific first; the implicit ones (see <see cref="SpecDefaults"/>) are in it, so empty routes nothing.</summary>
    public ImmutableArray<RouteSpec> Routes { get; init; } = [];

    /// <summary>Response headers that differ from the safe defaults.</summary>
    public SecurityHeadersSpec Headers { get; init; } = new();
}

/// <summary>Sends requests of one host and path prefix to one pool.</summary>
public sealed record RouteSpec
{
    /// <summary>Host to match, without port, <c>*.</c> allowed in front; null for any.</summary>
    public string? Host { get; init; }

    /// <summary>Path prefix to match, from the slash on.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The pool that answers.</summary>
    public required PoolName Pool { get; init; }

    /// <summary>Whether the prefix is taken off before the replica sees the path.</summary>
    public bool StripPrefix { get; init; }
}

/// <summary>Security headers; null keeps the default, an empty text sends none.</summary>
public sealed record SecurityHeadersSpec
{
    /// <summary><c>Content-Security-Policy</c>.</summary>
    public string? ContentSecurityPolicy { get; init; }

    /// <summary><c>X-Frame-Options</c>.</summary>
    public string? FrameOptions { get; init; }

    /// <summary><c>Referrer-Policy</c>.</summary>
    public string? ReferrerPolicy { get; init; }

    /// <summary><c>max-age</c> of <c>Strict-Transport-Security</c>, sent over TLS only; zero sends none.</summary>
    public TimeSpan? HstsMaxAge { get; init; }
}
