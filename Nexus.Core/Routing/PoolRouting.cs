using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>How far a pool's destinations can be believed.</summary>
public enum PoolTrust
{
    /// <summary>They are what the catalog lists.</summary>
    Current,

    /// <summary>The catalog could not be read, or lists nothing where something must be: the last known ones hold.</summary>
    LastKnown,

    /// <summary>Every check of the pool fails at once, so the checks are suspected and all that served go on serving.</summary>
    Panic,
}

/// <summary>How the gateway may ask a pool's replicas for itself while Consul, whose task that is, is away.</summary>
/// <param name="Type">HTTP, or TCP for everything that cannot be asked from outside.</param>
/// <param name="Path">Path of an HTTP probe.</param>
/// <param name="Interval">Time between probes.</param>
/// <param name="Timeout">How long one may take.</param>
/// <param name="Failures">Failed probes in a row that eject.</param>
public sealed record ProbePlan(HealthCheckType Type, string Path, TimeSpan Interval, TimeSpan Timeout, int Failures)
{
    /// <summary>The plan of a pool; null when it asked not to be checked.</summary>
    public static ProbePlan? For(HealthSpec health)
    {
        ArgumentNullException.ThrowIfNull(health);
        return health.Type == HealthCheckType.None
            ? null
            : new(
                health.Type == HealthCheckType.Http ? HealthCheckType.Http : HealthCheckType.Tcp,
                health.Path,
                health.Interval,
                health.Timeout,
                health.UnhealthyThreshold);
    }
}

/// <summary>A pool and where its requests may go.</summary>
/// <param name="Name">The pool.</param>
/// <param name="Trust">How far the destinations can be believed.</param>
/// <param name="Destinations">All known ones by id, in rotation or not.</param>
/// <param name="Probe">How to probe them while Consul is away; null for not at all.</param>
public sealed record PoolRouting(
    PoolName Name, PoolTrust Trust, ImmutableArray<Destination> Destinations, ProbePlan? Probe)
{
    /// <summary>Shares of requests by revision, as they can be kept: never such that nobody in rotation would be left. Empty leaves
    /// them to the number of replicas.</summary>
    public ImmutableArray<RevisionWeight> Weights { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Whether a route leads to it. One to which none does yet, or does any more, is known and gets no new requests.</summary>
    public bool IsRouted { get; init; } = true;

    /// <summary>How a replica of it is drained.</summary>
    public DrainSpec Drain { get; init; } = new();

    /// <summary>When a replica of it is ejected for its error rate.</summary>
    public OutlierDetectionSpec OutlierDetection { get; init => field = value ?? new(); } = new();

    /// <summary>Those that get requests, whatever their share.</summary>
    public IEnumerable<Destination> InRotation => Destinations.Where(static d => d.Rotation == Rotation.In);

    /// <summary>The share of all requests that the destinations of a revision get together, in percent; null while the number
    /// of replicas decides. A revision that is not named gets none.</summary>
    public int? WeightOf(PoolRevision? revision) =>
        Weights.IsEmpty ? null : Weights.FirstOrDefault(w => w.Revision == revision)?.Percent ?? 0;

    /// <summary>Whether new requests may go to a destination of this pool, ejections aside.</summary>
    public bool TakesRequests(Destination destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return IsRouted && destination.Rotation == Rotation.In && WeightOf(destination.Revision) is not 0;
    }

    /// <inheritdoc/>
    public bool Equals(PoolRouting? other) =>
        other is not null
        && Name == other.Name
        && Trust == other.Trust
        && Probe == other.Probe
        && IsRouted == other.IsRouted
        && Drain == other.Drain
        && OutlierDetection == other.OutlierDetection
        && Weights.SequenceEqual(other.Weights)
        && Destinations.SequenceEqual(other.Destinations);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Trust, Destinations.Length);
}
