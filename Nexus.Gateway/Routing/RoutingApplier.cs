using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Headers;
using Nexus.Gateway.Live;
using Nexus.Gateway.Observability;

namespace Nexus.Gateway.Routing;

/// <summary>Puts a snapshot into force: proxy, ejections, headers. Called by one loop at a time.</summary>
internal sealed partial class RoutingApplier(
    RoutingState state,
    LivePools pools,
    ProxyRoutes proxy,
    Ejector ejector,
    SecurityHeaderPolicies headers,
    GatewayTelemetry telemetry,
    ILogger<RoutingApplier> logger)
{
    public RoutingSnapshot Current => state.Current;

    /// <summary>Pools at which requests or WebSockets are under way.</summary>
    public ImmutableHashSet<PoolName> Busy =>
        [.. pools.All.Where(pool => pool.All.Any(destination => destination.Busy > 0)).Select(pool => new PoolName(pool.Name))];

    /// <summary>
    /// Never throws for a snapshot that cannot be applied: routes that cannot are left out one by one, and the log says why.
    /// </summary>
    public async Task ApplyAsync(RoutingSnapshot next, long? changedAt, CancellationToken cancellationToken)
    {
        var before = state.Current;
        var isFirst = before.IsEmpty;
        if (HasRoutesOf(before, next))
        {
            pools.Apply(next, isFirst);
            ejector.Forgive(next);
        }
        else
        {
            // Pools are known before a route leads to them, and take requests until none does any more.
            pools.Apply(StillRouted(before, next), isFirst);
            ejector.Forgive(next);
            await proxy.UseAsync(next, cancellationToken);
            pools.Apply(next, isFirst);
        }

        pools.Prune(next);
        headers.Use(next.Headers);
        state.Set(next);
        telemetry.Applied(next.Revision, changedAt);
        LogChange(before, next);
    }

    private static RoutingSnapshot StillRouted(RoutingSnapshot before, RoutingSnapshot next) => next with
    {
        Pools = [.. next.Pools.Select(pool => before.Find(pool.Name) is { IsRouted: true } ? pool with { IsRouted = true } : pool)],
    };

    private static bool HasRoutesOf(RoutingSnapshot before, RoutingSnapshot next) =>
        !before.IsEmpty && before.Routes.SequenceEqual(next.Routes);

    private void LogChange(RoutingSnapshot before, RoutingSnapshot next)
    {
        if (before.SpecRevision != next.SpecRevision || before.IsEmpty)
        {
            LogApplied(next.Revision, next.SpecRevision, next.Routes.Length, next.Pools.Length);
        }

        foreach (var refused in next.Refused.Concat(proxy.Refused).Where(refused => !before.Refused.Contains(refused)))
        {
            LogRefused(refused.Route, refused.Pool.Value, next.Revision, refused.Reason);
        }

        foreach (var pool in next.Pools)
        {
            var was = before.Find(pool.Name);
            if (was == pool)
            {
                continue;
            }

            if (pool.Trust != PoolTrust.Current && pool.Trust != was?.Trust)
            {
                LogDoubt(pool.Name.Value, pool.Trust, pool.Destinations.Length);
            }
            else if (was is not null && was.Trust != pool.Trust)
            {
                LogCertain(pool.Name.Value);
            }

            LogPool(pool.Name.Value, next.Revision, pool.InRotation.Count(), pool.Destinations.Length);
        }
    }

    [LoggerMessage(6001, LogLevel.Information, "Routing {Revision} is in force: spec {SpecRevision}, {Routes} routes to {Pools} pools")]
    private partial void LogApplied(long revision, long specRevision, int routes, int pools);

    [LoggerMessage(6002, LogLevel.Information, "Pool {Pool} at routing {Revision}: {InRotation} of {Known} destinations in rotation")]
    private partial void LogPool(string pool, long revision, int inRotation, int known);

    [LoggerMessage(6003, LogLevel.Warning, "Pool {Pool} is now routed by {Trust} (LastKnown: the catalog is away or empty; Panic: all its checks fail at once): {Known} destinations")]
    private partial void LogDoubt(string pool, PoolTrust trust, int known);

    [LoggerMessage(6005, LogLevel.Information, "Pool {Pool} is routed by the catalog's current word again")]
    private partial void LogCertain(string pool);

    [LoggerMessage(6004, LogLevel.Error, "Route {Route} to pool {Pool} is left out of routing {Revision}: {Reason}")]
    private partial void LogRefused(string route, string pool, long revision, string reason);
}
