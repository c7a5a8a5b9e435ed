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
    ProxyConfigSource proxy,
    Ejector ejector,
    SecurityHeaderPolicies headers,
    GatewayTelemetry telemetry,
    ILogger<RoutingApplier> logger)
{
    public RoutingSnapshot Current => state.Current;

    /// <summary>Never throws for a snapshot that cannot be applied: what is in force stays, and the log says why.</summary>
    public async Task ApplyAsync(RoutingSnapshot next, long? changedAt, CancellationToken cancellationToken)
    {
        var before = state.Current;
        pools.Apply(next, before.IsEmpty);
        ejector.Forgive(next);
        if (!HasRoutesOf(before, next) && await proxy.UpdateAsync(next, cancellationToken) is { } refusal)
        {
            LogRefused(next.Revision, next.SpecRevision, refusal);
            return;
        }

        pools.Prune(next);
        headers.Use(next.Headers);
        state.Set(next);
        telemetry.Applied(next.Revision, changedAt);
        LogChange(before, next);
    }

    private static bool HasRoutesOf(RoutingSnapshot before, RoutingSnapshot next) =>
        !before.IsEmpty && before.Routes.SequenceEqual(next.Routes);

    private void LogChange(RoutingSnapshot before, RoutingSnapshot next)
    {
        if (before.SpecRevision != next.SpecRevision || before.IsEmpty)
        {
            LogApplied(next.Revision, next.SpecRevision, next.Routes.Length, next.Pools.Length);
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

    [LoggerMessage(6004, LogLevel.Error, "Routing {Revision} of spec {SpecRevision} is refused, the one before stays in force: {Reason}")]
    private partial void LogRefused(long revision, long specRevision, string reason);
}
