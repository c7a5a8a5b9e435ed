using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>Healthy once replicas can be placed here; degraded, not dead, while Consul or the runtime is away.</summary>
internal sealed class NodeHealthCheck(NodeRegistrar node, RuntimeConnection runtime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(node switch
        {
            _ when runtime.Problem is { } problem => HealthCheckResult.Degraded(problem),
            { IsAway: true } => HealthCheckResult.Degraded("Consul does not hear of this node; what runs here goes on"),
            { IsKnown: false } => HealthCheckResult.Unhealthy("this node has not been registered in Consul yet"),
            _ => HealthCheckResult.Healthy(),
        });
}
