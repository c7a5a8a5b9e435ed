using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Admin;

/// <summary>Unhealthy before the first routing, degraded while a pool is routed by anything but the catalog's current word.</summary>
internal sealed class RoutingHealthCheck(RoutingState routing) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Judge(routing.Current));

    private static HealthCheckResult Judge(RoutingSnapshot snapshot)
    {
        if (snapshot.IsEmpty)
        {
            return HealthCheckResult.Unhealthy("no routing yet: neither Consul nor a last known good file had any");
        }

        var doubtful = snapshot.Pools.Where(pool => pool.Trust != PoolTrust.Current)
            .Select(pool => $"{pool.Name} by {pool.Trust}").ToList();
        return doubtful.Count == 0
            ? HealthCheckResult.Healthy($"routing {snapshot.Revision} of spec {snapshot.SpecRevision}")
            : HealthCheckResult.Degraded("routing " + string.Join(", ", doubtful));
    }
}
