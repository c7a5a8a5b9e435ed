using Microsoft.Extensions.Options;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>
/// Runs a pass at the first sign of a change, then no more often than every <see cref="ReconcilePass.Settle"/>: signs that come in
/// a burst are answered together, and the first of them at once. While they go on and on it rests for as long as it worked, so that
/// it never takes from workloads what it watches over.
/// </summary>
internal sealed partial class ReconcileLoop(
    ReconcilePass pass, ClusterView view, WakeSignal wake, LoopHeartbeats heartbeats, IOptions<OrchestratorOptions> options,
    TimeProvider time, Jitter jitter, ILogger<ReconcileLoop> logger) : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);
    private readonly WorkBudget _budget = new(time);
    private int _failures;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Register("reconcile", options.Value.ResyncInterval * 2 + TimeSpan.FromMinutes(1));
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var wait = await TryPassAsync(stoppingToken);
            heartbeat.Beat();
            var worked = time.GetElapsedTime(started);
            var period = worked + _budget.RestAfter(worked);
            await wake.WaitAsync(jitter.Around(wait), stoppingToken).Quietly();
            period = period > pass.Settle ? period : pass.Settle;
            if (period - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, stoppingToken).Quietly();
            }
        }
    }

    /// <summary>A pass that may fail; says how long to wait at most before the next.</summary>
    private async Task<TimeSpan> TryPassAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (_, wait) = await pass.RunOnceAsync(cancellationToken);
            if (_failures > 0)
            {
                _failures = 0;
                LogRecovered();
            }

            return wait;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            view.Failed(e.Message);
            if (_failures++ == 0)
            {
                LogFailed(e.Message);
            }

            var retry = FirstRetry * (1 << Math.Min(_failures - 1, 5));
            return retry < LongestRetry ? retry : LongestRetry;
        }
    }

    [LoggerMessage(4051, LogLevel.Warning, "The cluster cannot be looked at; nothing is changed until it can. {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(4052, LogLevel.Information, "The cluster can be looked at again.")]
    private partial void LogRecovered();
}
