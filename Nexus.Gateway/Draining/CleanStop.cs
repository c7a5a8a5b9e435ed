using Microsoft.Extensions.Options;
using Nexus.Gateway.Catalog;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Draining;

/// <summary>
/// Ends this gateway so that another can take over: first says so, to Consul and with <c>Connection: close</c> on every answer, and
/// closes WebSockets politely; then the server stops accepting and finishes what is under way. Bounded by the host's shutdown timeout.
/// </summary>
internal sealed partial class CleanStop(
    GatewayRegistration registration,
    RoutingState routing,
    LivePools pools,
    DrainLoop drains,
    IOptions<GatewayOptions> options,
    Leaving leaving,
    TimeProvider time,
    ILogger<CleanStop> logger) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        leaving.Begin();
        var notice = options.Value.StopNotice;
        var all = pools.All.SelectMany(pool => pool.All).ToList();
        LogLeaving(all.Sum(d => d.InFlight), all.Sum(d => d.WebSockets));
        var window = routing.Current.Pools.Select(pool => pool.Drain.WebSocketWindow).DefaultIfEmpty(TimeSpan.Zero).Max();
        try
        {
            await Task.WhenAll(
                registration.LeaveAsync(cancellationToken),
                drains.CloseAsync(all, window, cancellationToken),
                Task.Delay(notice, time, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The time is over: the server cuts what is left.
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(6061, LogLevel.Information, "This gateway leaves, with {InFlight} requests and {WebSockets} WebSockets under way")]
    private partial void LogLeaving(int inFlight, int webSockets);
}

/// <summary>Whether this gateway is about to stop.</summary>
internal sealed class Leaving
{
    private volatile bool _isLeaving;

    public bool IsLeaving => _isLeaving;

    public void Begin() => _isLeaving = true;
}
