using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.Events;

/// <summary>
/// Keeps the list of events bounded: the leader drops those that Consul got first once a minute, fenced like any write of its. Not by
/// their times, or events of a machine whose clock is behind would be dropped at once.
/// </summary>
internal sealed partial class EventCompactor(
    ConsulClient consul, LeaderLease lease, IOptions<OrchestratorOptions> options, TimeProvider time,
    ILogger<EventCompactor> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (ConsulException e)
            {
                LogFailed(e.Message);
            }
        }
    }

    /// <summary>One pass; returns how many events were dropped.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (lease.Current is not { } token)
        {
            return 0;
        }

        var all = await consul.Kv.ListAsync(StateKeys.Events, cancellationToken);
        var surplus = all.Value.OrderBy(p => p.CreateIndex).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Key).SkipLast(options.Value.EventsKept).ToList();
        foreach (var chunk in surplus.Chunk(ConsulTransactions.MaxOperations - 1))
        {
            var result = await consul.Transactions.ExecuteAsync(
                [TxnOperation.CheckSession(StateKeys.Leader, token.Session), .. chunk.Select(TxnOperation.Delete)], cancellationToken);
            if (!result.Committed)
            {
                return 0;
            }
        }

        return surplus.Count;
    }

    [LoggerMessage(4025, LogLevel.Debug, "Old events could not be dropped, tried again in a minute: {Error}")]
    private partial void LogFailed(string error);
}
