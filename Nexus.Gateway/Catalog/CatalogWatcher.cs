using System.Collections.Immutable;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Catalog;

/// <summary>
/// Follows the spec and, for every pool that routes lead to, shall lead to or led to, its instances: all by blocking queries, so news
/// arrive when they happen. Only writes down what it reads; <see cref="RoutingLoop"/> concludes.
/// </summary>
internal sealed partial class CatalogWatcher(
    ConsulClient consul, SpecSource specs, RoutingInputs inputs, RoutingState routing, TimeProvider time, ILogger<CatalogWatcher> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<PoolName, PoolWatch> _pools = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(FollowSpecAsync(stoppingToken), FollowPoolsAsync(stoppingToken));

    private async Task FollowSpecAsync(CancellationToken cancellationToken)
    {
        await foreach (var (spec, revision) in specs.FollowAsync(cancellationToken))
        {
            if (spec is null)
            {
                inputs.LoseSpec();
            }
            else
            {
                inputs.SetSpec(spec, revision);
            }
        }
    }

    private async Task FollowPoolsAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (watched, changed) = inputs.Watched();
                var snapshot = routing.Current;
                await FollowOnlyAsync(watched.Union(snapshot.Pools.Select(pool => pool.Name)), cancellationToken);
                await Task.WhenAny(changed.WaitAsync(cancellationToken), routing.WaitForChangeAsync(snapshot, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await Task.WhenAll(_pools.Values.Select(watch => watch.EndAsync()));
        }
    }

    private async Task FollowOnlyAsync(ImmutableHashSet<PoolName> wanted, CancellationToken cancellationToken)
    {
        foreach (var gone in _pools.Keys.Where(pool => !wanted.Contains(pool)).ToList())
        {
            await _pools[gone].EndAsync();
            _pools.Remove(gone);
            inputs.Forget(gone);
        }

        foreach (var pool in wanted.Where(pool => !_pools.ContainsKey(pool)))
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
