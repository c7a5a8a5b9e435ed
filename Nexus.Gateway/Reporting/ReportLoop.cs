using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Gateway.Catalog;
using Nexus.Gateway.Routing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Gateway.Reporting;

/// <summary>
/// Keeps this gateway's report in Consul, on a session that dies with the gateway: who is listed lives, and what it says holds.
/// Written when it changed, after the change is in force. Traffic never depends on it.
/// </summary>
internal sealed partial class ReportLoop(
    ConsulClient consul,
    GatewayRegistration registration,
    ReportComposer composer,
    RoutingState routing,
    ReportSignal signal,
    LoopHeartbeats heartbeats,
    TimeProvider time,
    ILogger<ReportLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private volatile bool _isForeign;

    private string Key => StateKeys.GatewayReport(registration.Name);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Register("gateway-report", TimeSpan.FromMinutes(2));
        var following = SignalChangesAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            heartbeat.Beat();
            try
            {
                await RegisteredAsync(heartbeat, stoppingToken);
                await ReportAsync(heartbeat, stoppingToken);
            }
            catch (ConsulException e)
            {
                LogTryingAgain(e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(TryAgain, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A gateway that started while Consul is away waits for as long as that lasts, and is no less alive.</summary>
    private async Task RegisteredAsync(ILoopHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        var registered = registration.RegisteredAsync(cancellationToken);
        while (!registered.IsCompleted)
        {
            heartbeat.Beat();
            await Task.WhenAny(registered, Task.Delay(LookAnyway, time, cancellationToken));
        }

        await registered;
    }

    /// <summary>Reports under one session until that is lost.</summary>
    private async Task ReportAsync(ILoopHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        var session = await consul.Sessions.CreateAsync(
            new SessionRequest
            {
                Name = $"nexus gateway {registration.Name}",
                LockDelay = TimeSpan.Zero,
                Behavior = SessionBehavior.Delete,
                Checks = [HealthCheck.NodeCheckId, registration.CheckId],
            },
            cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lost = Task.CompletedTask;
        try
        {
            var written = await WriteAsync(session, null, cancellationToken);
            lost = LostAsync(session, ending.Token);
            while (!lost.IsCompleted)
            {
                heartbeat.Beat();
                if (_isForeign)
                {
                    (written, _isForeign) = (null, false);
                }

                written = await WriteAsync(session, written, cancellationToken);
                await signal.WaitAsync(LookAnyway, time, cancellationToken);
                await Task.Delay(Coalesce, time, cancellationToken);
            }

            LogLost(registration.Name);
        }
        finally
        {
            await ending.CancelAsync();
            await lost.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await EndAsync(session);
        }
    }

    private async Task<byte[]> WriteAsync(string session, byte[]? written, CancellationToken cancellationToken)
    {
        var now = StateJson.Write(composer.Compose(), StateJson.Default.GatewayReport);
        if (written is not null && now.AsSpan().SequenceEqual(written))
        {
            return written;
        }

        if (await consul.Kv.AcquireAsync(Key, now, session, cancellationToken))
        {
            return now;
        }

        await EndOrphanAsync(cancellationToken);
        throw new ConsulException($"'{Key}' is held by another session; does another gateway bear the name '{registration.Name}'?");
    }

    /// <summary>
    /// Ends the session that holds the key if it hangs on our own check: one that could not be ended while Consul was away, or
    /// a former life's. As long as we live it would never lapse, and our report would stand still.
    /// </summary>
    private async Task EndOrphanAsync(CancellationToken cancellationToken)
    {
        var holder = (await consul.Kv.GetAsync(Key, ReadConsistency.Consistent, cancellationToken))?.Session;
        if (holder is not null && await consul.Sessions.InfoAsync(holder, cancellationToken) is { } info
            && info.Checks.Contains(registration.CheckId))
        {
            await consul.Sessions.DestroyAsync(holder, cancellationToken);
        }
    }

    /// <summary>Ends when the key is no longer this session's.</summary>
    private async Task LostAsync(string session, CancellationToken cancellationToken)
    {
        await foreach (var seen in consul.Kv.WatchAsync(Key, options: null, cancellationToken))
        {
            if (seen.Value?.Session != session)
            {
                break;
            }

            if (StateRecords.Read(Key, seen.Value.Value, StateJson.Default.GatewayReport).IsUnreadable)
            {
                _isForeign = true;
                signal.Set();
            }
        }

        signal.Set();
    }

    private async Task EndAsync(string session)
    {
        // Also when cancelled: its key goes with it, and nobody waits for this gateway's word any longer.
        using var patience = new CancellationTokenSource(Goodbye, time);
        try
        {
            await consul.Sessions.DestroyAsync(session, patience.Token);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            LogLapses(registration.Name, e.Message);
        }
    }

    private async Task SignalChangesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = routing.Current;
            signal.Set();
            await routing.WaitForChangeAsync(current, cancellationToken);
        }
    }

    [LoggerMessage(6040, LogLevel.Debug, "The gateway's report could not be written and will be tried again: {Reason}")]
    private partial void LogTryingAgain(string reason);

    [LoggerMessage(6041, LogLevel.Warning, "Gateway {Name} lost its session; it reports under a new one")]
    private partial void LogLost(string name);

    [LoggerMessage(6042, LogLevel.Debug, "Gateway {Name} could not end its session; it lapses by itself: {Reason}")]
    private partial void LogLapses(string name, string reason);
}
