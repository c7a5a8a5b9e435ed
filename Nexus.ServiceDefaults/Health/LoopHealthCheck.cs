using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.ServiceDefaults.Health;

/// <summary>Unhealthy while any registered loop is past its limit.</summary>
internal sealed class LoopHealthCheck(LoopHeartbeats heartbeats) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stale = heartbeats.FindStale();
        return Task.FromResult(stale.IsEmpty
            ? HealthCheckResult.Healthy($"{heartbeats.Count} loops alive")
            : HealthCheckResult.Unhealthy(string.Join("; ", stale)));
    }
}
