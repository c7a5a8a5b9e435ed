using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.Routing;

/// <summary>
/// The routes that all gateways route by, written by leaders only. It follows the spec, but a route changes its pool only once the
/// new pool serves; see <see cref="HeldRoute"/>.
/// </summary>
public sealed record RoutesRecord
{
    /// <summary>Grows by one with every change; gateways report which one they route by.</summary>
    public long Revision { get; init; }

    /// <summary>The spec that it was decided for.</summary>
    public long SpecRevision { get; init; }

    /// <summary>The routes, most specific first.</summary>
    public ImmutableArray<Route> Routes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Routes of the spec that wait for their pool.</summary>
    public ImmutableArray<HeldRoute> Held { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Pools that the spec has no more and that are kept because requests still go to them.</summary>
    public ImmutableArray<RetainedPool> Retained { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The process by whose clock its times are; null of none that is known.</summary>
    public string? Clock { get; init; }

    /// <summary>Whether <paramref name="other"/> says the same, whatever its number.</summary>
    public bool SaysLike(RoutesRecord? other) =>
        other is not null && SpecRevision == other.SpecRevision && Routes.SequenceEqual(other.Routes) && Held.SequenceEqual(other.Held)
        && Retained.SequenceEqual(other.Retained);
}

/// <summary>A route of the spec whose pool does not serve yet, so that the pool before it goes on serving.</summary>
/// <param name="Route">The route as messages name it: <c>example.org/shop</c>.</param>
/// <param name="Wanted">The pool that the spec asks for.</param>
/// <param name="Serving">The pool that serves meanwhile.</param>
/// <param name="Since">Since when it waits.</param>
/// <param name="IsOverdue">Whether it has waited for longer than the pool's progress deadline, or for a rollout that was given up.</param>
public sealed record HeldRoute(string Route, PoolName Wanted, PoolName Serving, DateTimeOffset Since, bool IsOverdue);

/// <summary>A pool that is kept though the spec has it no more.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="SpecRevision">The last spec that had it: what it is, stands there.</param>
public sealed record RetainedPool(PoolName Pool, long SpecRevision);
