using Nexus.Core.Ids;
using Nexus.Runtime;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Observability;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>
/// The shortest way from a death to the gateways: before anything is listed or decided, the dead leave Consul. All the
/// rest is the convergence loop's.
/// </summary>
internal sealed partial class ExitWatch(
    RuntimeConnection runtime, AllocationBook book, LocalCatalog catalog, ExitOutlets outlets, ILogger<ExitWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        var engine = await runtime.WhenFoundAsync(stoppingToken);
        while (true)
        {
            try
            {
                await using var exits = engine.WatchExitsAsync(stoppingToken).GetAsyncEnumerator(stoppingToken);
                var next = exits.MoveNextAsync();

                // From here on no end is missed; those before it show in a list.
                outlets.Wake.Set();
                while (await next)
                {
                    Answer(exits.Current);
                    next = exits.MoveNextAsync();
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogBroken(e.Message, e);
            }

            await Task.Delay(Pause, outlets.Time, stoppingToken);
        }
    }

    private void Answer(WorkloadExit exit)
    {
        if (outlets.Exits.TryPost(exit.Id.Value))
        {
            var heard = outlets.Time.GetTimestamp();
            if (book.TryUpdate(exit.Allocation, m => m.Workload == exit.Id.Value ? m.AfterExitHeard() : m))
            {
                LogHeard(exit.Allocation, exit.Id, exit.ExitCode is { } code ? $"with exit code {code}" : "its exit code is not known yet");
                var attempt = book.Find(exit.Allocation)?.Attempt ?? -1;
                outlets.Work.TryRunAside("eject/" + exit.Id.Value, async token =>
                {
                    await catalog.TryEjectAsync(exit.Allocation, attempt, token);
                    WorkerTelemetry.EjectDuration.Record(outlets.Time.GetElapsedTime(heard).TotalSeconds);
                });
            }
        }

        outlets.Wake.Set();
    }

    [LoggerMessage(5002, LogLevel.Information, "{Allocation} ended, {How} (workload {Workload})")]
    private partial void LogHeard(AllocationId allocation, WorkloadId workload, string how);

    [LoggerMessage(5003, LogLevel.Warning, "The runtime's news of ends broke off and are asked for again: {Reason}")]
    private partial void LogBroken(string reason, Exception exception);
}

/// <summary>Where the news of an end goes.</summary>
/// <param name="Exits">To who waits for it.</param>
/// <param name="Work">To a task of its own.</param>
/// <param name="Wake">To the loop.</param>
/// <param name="Time">The clock.</param>
internal sealed record ExitOutlets(ExitBoard Exits, WorkSet Work, WakeSignal Wake, TimeProvider Time);
