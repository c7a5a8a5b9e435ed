using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;

namespace Nexus.WorkerAgent.Reports;

/// <summary>Writes events into Consul, each once, in order; waits out an absence of Consul, flushes at the end.</summary>
internal sealed partial class EventWriter(
    ConsulClient consul, EventJournal journal, TimeProvider time, ILogger<EventWriter> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    private long _droppedTold;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var happened in journal.Pending.ReadAllAsync(stoppingToken))
            {
                await WriteAsync(happened, stoppingToken);
                TellDropped();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(FlushLimit, time);
            await FlushAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (journal.Pending.TryRead(out var happened))
        {
            await WriteAsync(happened, cancellationToken);
        }
    }

    private async Task WriteAsync(ClusterEvent happened, CancellationToken cancellationToken)
    {
        var document = StateJson.Write(happened, StateJson.Default.ClusterEvent);
        while (true)
        {
            try
            {
                // False means that an earlier try arrived after all.
                await consul.Kv.CompareAndSetAsync(StateKeys.Event(happened.Id), document, modifyIndex: 0, cancellationToken);
                return;
            }
            catch (ConsulException e) when (e.StatusCode is >= System.Net.HttpStatusCode.BadRequest and < System.Net.HttpStatusCode.InternalServerError)
            {
                LogRefused(happened.Kind, happened.Message, e.Message);
                return;
            }
            catch (ConsulException)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private void TellDropped()
    {
        if (journal.Dropped is var dropped && dropped > _droppedTold)
        {
            LogDropped(dropped - _droppedTold);
            _droppedTold = dropped;
        }
    }

    [LoggerMessage(5020, LogLevel.Warning, "Consul refused event {Kind} ('{Message}'): {Reason}")]
    private partial void LogRefused(string kind, string message, string reason);

    [LoggerMessage(5021, LogLevel.Warning, "{Count} events were given up while Consul took none")]
    private partial void LogDropped(long count);
}
