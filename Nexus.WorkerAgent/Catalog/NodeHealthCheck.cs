using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Healthy once replicas can be placed here; degraded, not dead, while Consul is away.</summary>
internal sealed class NodeHealthCheck(NodeRegistrar node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(node switch
        {
            { IsAway: true } => HealthCheckResult.Degraded("Consul does not hear of this node; what runs here goes on"),
            { IsKnown: false } => HealthCheckResult.Unhealthy("this node has not been registered in Consul yet"),
            _ => HealthCheckResult.Healthy(),
        });
}
