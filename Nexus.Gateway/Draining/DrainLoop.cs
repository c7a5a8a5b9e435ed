using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Draining;

/// <summary>
/// Closes the WebSockets of destinations that are drained: once no other request is under way there or the pool's drain timeout has
/// passed, each at a moment of its own within the pool's window, so that their clients do not all come back at once.
/// </summary>
internal sealed partial class DrainLoop(
    RoutingState routing, LivePools pools, Chance chance, TimeProvider time, ILogger<DrainLoop> logger) : BackgroundService
{
    /// <summary>How long each side may take to answer a goodbye.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<LiveDestination, Task> _draining = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var snapshot = routing.Current;
                foreach (var over in _draining.Where(pair => pair.Value.IsCompleted).ToList())
                {
                    _draining.Remove(over.Key);
                    await over.Value;
                }

                foreach (var (live, drain) in Drained(snapshot).Where(pair => !_draining.ContainsKey(pair.Live)))
                {
                    _draining.Add(live, DrainAsync(live, drain, stoppingToken));
                }

                await routing.WaitForChangeAsync(snapshot, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(_draining.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes every WebSocket of some destinations, spread over a window.</summary>
    public async Task CloseAsync(IEnumerable<LiveDestination> destinations, TimeSpan window, CancellationToken cancellationToken)
    {
        var open = destinations.SelectMany(d => d.Sockets.Keys).ToList();
        await Task.WhenAll(open.Select(socket => socket.CloseAsync(window * chance.Next(), Grace, time, cancellationToken)));
    }

    private IEnumerable<(LiveDestination Live, DrainSpec Drain)> Drained(RoutingSnapshot snapshot)
    {
        foreach (var pool in snapshot.Pools)
        {
            foreach (var destination in pool.Destinations.Where(d => d.Rotation == Rotation.Maintenance))
            {
                if (pools.Find(pool.Name.Value)?.Find(destination.Id.Value) is { Busy: > 0 } live)
                {
                    yield return (live, pool.Drain);
                }
            }
        }
    }

    private async Task DrainAsync(LiveDestination live, DrainSpec drain, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (live.InFlight > 0 && !live.TakesRequests && time.GetElapsedTime(started) < drain.Timeout)
        {
            await Task.Delay(Glance, time, cancellationToken);
        }

        while (live is { WebSockets: > 0, TakesRequests: false })
        {
            LogClosing(live.Allocation, live.WebSockets, drain.WebSocketWindow.TotalSeconds);
            await CloseAsync([live], drain.WebSocketWindow, cancellationToken);
            await Task.Delay(Glance, time, cancellationToken);
        }
    }

    [LoggerMessage(6060, LogLevel.Information, "{Allocation} is drained: closing its {Count} WebSockets over {Seconds} s")]
    private partial void LogClosing(string allocation, int count, double seconds);
}
