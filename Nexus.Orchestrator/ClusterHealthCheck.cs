using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator;

/// <summary>Healthy once this manager has looked at the cluster; degraded, not dead, while it cannot.</summary>
internal sealed class ClusterHealthCheck(ClusterView view) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(view switch
        {
            { Latest: null } => HealthCheckResult.Unhealthy(view.Trouble ?? "has not looked at the cluster yet"),
            { Trouble: { } trouble } => HealthCheckResult.Degraded(trouble),
            _ => HealthCheckResult.Healthy(),
        });
}
