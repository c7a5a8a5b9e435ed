using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.ServiceDefaults.Systemd;

/// <summary>Pings systemd's watchdog while every registered loop is alive; when one hangs it falls silent, and systemd
/// restarts the process.</summary>
internal sealed partial class WatchdogService(
    WatchdogSettings settings,
    ISystemdNotifier notifier,
    LoopHeartbeats heartbeats,
    TimeProvider time,
    ILogger<WatchdogService> logger) : BackgroundService
{
    private static readonly ServiceState Ping = new("WATCHDOG=1");
    private bool _silent;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.PingInterval, time);
        do
        {
            RunOnce();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void RunOnce()
    {
        var stale = heartbeats.FindStale();
        if (stale.IsEmpty)
        {
            notifier.Notify(Ping);
            if (_silent)
            {
                LogResumed();
            }
        }
        else if (!_silent)
        {
            LogWithheld(string.Join("; ", stale), settings.Timeout);
        }

        _silent = !stale.IsEmpty;
    }

    [LoggerMessage(3001, LogLevel.Error, "Watchdog ping withheld: {Loops}. systemd restarts this service within {Timeout}")]
    private partial void LogWithheld(string loops, TimeSpan timeout);

    [LoggerMessage(3002, LogLevel.Information, "Watchdog ping resumed: every loop is alive again")]
    private partial void LogResumed();
}
