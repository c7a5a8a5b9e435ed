using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Catalog;

/// <summary>
/// Follows the spec and, for every pool that a route leads to, its instances: all by blocking queries, so news arrive when
/// they happen. Only writes down what it reads; <see cref="RoutingLoop"/> concludes.
/// </summary>
internal sealed partial class CatalogWatcher(
    ConsulClient consul, SpecSource specs, RoutingInputs inputs, TimeProvider time, ILogger<CatalogWatcher> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<PoolName, PoolWatch> _pools = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (spec, revision) in specs.FollowAsync(stoppingToken))
            {
                if (spec is null)
                {
                    inputs.LoseSpec();
                    continue;
                }

                inputs.SetSpec(spec, revision);
                await FollowPoolsOfAsync(spec, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(_pools.Values.Select(watch => watch.EndAsync()));
        }
    }

    private async Task FollowPoolsOfAsync(ClusterSpec spec, CancellationToken cancellationToken)
    {
        var routed = RouteOrder.Compute(spec).Select(route => route.Pool).ToHashSet();
        foreach (var gone in _pools.Keys.Where(pool => !routed.Contains(pool)).ToList())
        {
            await _pools[gone].EndAsync();
            _pools.Remove(gone);
            inputs.Forget(gone);
        }

        foreach (var pool in routed.Where(pool => !_pools.ContainsKey(pool)))
        {
            var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _pools.Add(pool, new PoolWatch(ending, FollowAsync(pool, ending.Token)));
        }
    }

    private async Task FollowAsync(PoolName pool, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(pool, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(pool.Value, e);
                inputs.SetReading(pool, PoolReading.Failed);
                await Task.Delay(Patience, time, cancellationToken);
            }
        }
    }

    private async Task ReadAsync(PoolName pool, CancellationToken cancellationToken)
    {
        // Looked at anew now and then: what a token may see, and a list that came back empty, change without an index.
        var options = new WatchOptions { OnError = _ => inputs.SetReading(pool, PoolReading.Failed), ResyncEveryWait = true };
        await foreach (var result in consul.Health.WatchServiceAsync(pool.Value, options, cancellationToken))
        {
            inputs.SetReading(pool, PoolReading.Listed(CatalogMapping.ToInstances(result.Value)));
        }
    }

    [LoggerMessage(6024, LogLevel.Error, "What the catalog says of pool {Pool} cannot be read; it is routed as before")]
    private partial void LogFailed(string pool, Exception exception);

    private sealed record PoolWatch(CancellationTokenSource Ending, Task Running)
    {
        public async Task EndAsync()
        {
            await Ending.CancelAsync();
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Ending.Dispose();
        }
    }
}
