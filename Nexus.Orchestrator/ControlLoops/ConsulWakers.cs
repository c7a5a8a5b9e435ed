using Nexus.Api.State;
using Nexus.Consul;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Wakes the reconcile loop whenever Consul says that something it looks at has changed. Carries no truth itself.</summary>
internal sealed class ConsulWakers(ConsulClient consul, WakeSignal wake) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        WakeOnAsync(consul.Kv.WatchAsync(StateKeys.SpecCurrent, null, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchAsync(StateKeys.Leader, null, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Nodes, null, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Observed, null, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Health.WatchServiceAsync(CatalogNames.Worker, null, stoppingToken), stoppingToken));

    private async Task WakeOnAsync<T>(IAsyncEnumerable<T> watch, CancellationToken cancellationToken)
    {
        await foreach (var _ in watch.WithCancellation(cancellationToken))
        {
            wake.Set();
        }
    }
}
