using Nexus.Api.State;
using Nexus.Consul;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>Wakes the reconcile loop whenever Consul says that something it looks at has changed. Carries no truth itself.</summary>
internal sealed class ConsulWakers(ConsulClient consul, WakeSignal wake) : BackgroundService
{
    // A watch that fails wakes too: the pass will fail as well, and say so to whoever asks for the status.
    private WatchOptions Options => new() { OnError = _ => wake.Set() };

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        WakeOnAsync(consul.Kv.WatchAsync(StateKeys.SpecCurrent, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchAsync(StateKeys.Leader, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Nodes, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Observed, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Desired, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Rollouts, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Requests, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Eligibility, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Kv.WatchPrefixAsync(StateKeys.Gateways, Options, stoppingToken), stoppingToken),
        WakeOnAsync(consul.Health.WatchServiceAsync(CatalogNames.Worker, Options, stoppingToken), stoppingToken));

    private async Task WakeOnAsync<T>(IAsyncEnumerable<T> watch, CancellationToken cancellationToken)
    {
        await foreach (var _ in watch.WithCancellation(cancellationToken))
        {
            wake.Set();
        }
    }
}
