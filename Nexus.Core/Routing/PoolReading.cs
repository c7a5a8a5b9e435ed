using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>What the catalog's checks say of an instance.</summary>
public enum InstanceHealth
{
    /// <summary>Every check passes.</summary>
    Passing,

    /// <summary>A check of its own warns or fails.</summary>
    Failing,

    /// <summary>Its own checks passed last, but Consul has lost sight of its node.</summary>
    NodeSilent,

    /// <summary>Somebody took it, or its node, out of service.</summary>
    Maintenance,
}

/// <summary>An instance of a pool's service as the catalog lists it.</summary>
/// <param name="Allocation">The allocation it names; null when it is none of ours.</param>
/// <param name="Host">Where it is reached.</param>
/// <param name="Port">Where it listens; zero when it serves nothing.</param>
/// <param name="Attempt">How often the allocation was restarted before.</param>
/// <param name="Health">What its checks say.</param>
public sealed record CatalogInstance(AllocationId? Allocation, string Host, int Port, int Attempt, InstanceHealth Health)
{
    /// <summary>The node it names; null for none.</summary>
    public NodeName? Node { get; init; }

    /// <summary>The revision it names; null for none.</summary>
    public PoolRevision? Revision { get; init; }

    /// <summary>Protocol that it speaks.</summary>
    public AppProtocol Protocol { get; init; }
}

/// <summary>How the last look at a pool in the catalog went.</summary>
public enum ReadingOutcome
{
    /// <summary>It was not looked at yet.</summary>
    NotYet,

    /// <summary>The catalog did not answer.</summary>
    Failed,

    /// <summary>The catalog listed the instances.</summary>
    Listed,
}

/// <summary>The last look at one pool in the catalog.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Instances">What was listed; empty unless <see cref="ReadingOutcome.Listed"/>.</param>
public sealed record PoolReading(ReadingOutcome Outcome, ImmutableArray<CatalogInstance> Instances)
{
    /// <summary>No look yet.</summary>
    public static PoolReading NotYet { get; } = new(ReadingOutcome.NotYet, []);

    /// <summary>A look that failed.</summary>
    public static PoolReading Failed { get; } = new(ReadingOutcome.Failed, []);

    /// <summary>A look that listed <paramref name="instances"/>.</summary>
    public static PoolReading Listed(ImmutableArray<CatalogInstance> instances) => new(ReadingOutcome.Listed, instances);
}
