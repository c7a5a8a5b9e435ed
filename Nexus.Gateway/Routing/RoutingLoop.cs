using Nexus.Core.Routing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Gateway.Routing;

/// <summary>
/// Turns changed inputs into routing: at once, then at most every 2 ms while changes keep coming. Starts from the routing of
/// the last run, before the first connection is accepted.
/// </summary>
internal sealed partial class RoutingLoop(
    RoutingInputs inputs,
    RoutingApplier applier,
    RoutingFile file,
    LoopHeartbeats heartbeats,
    TimeProvider time,
    ILogger<RoutingLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(2); // A swap costs 0.1 ms.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(10);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (file.TryRead() is { } last)
        {
            await applier.ApplyAsync(last, changedAt: null, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Register("gateway-routing", LookAnyway * 6);
        while (!stoppingToken.IsCancellationRequested)
        {
            await inputs.WaitAsync(LookAnyway, stoppingToken);
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e);
            }

            heartbeat.Beat();
            await Task.Delay(Rest, time, stoppingToken);
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var input = inputs.Take();
        if (!input.HasSpec || !input.HasRoutes)
        {
            return;
        }

        var before = applier.Current;
        var next = RoutingTable.Compute(input.Facts with { Busy = applier.Busy }, before);

        // Routes to a pool that nobody has looked at yet would turn requests away for some milliseconds: they wait for the look,
        // or for its failure.
        var isWhole = next.Pools.All(pool => input.Facts.Readings.ContainsKey(pool.Name) || before.Find(pool.Name) is not null);
        if (isWhole && !ReferenceEquals(next, before))
        {
            await applier.ApplyAsync(next, input.ChangedAt, cancellationToken);
        }
    }

    [LoggerMessage(6006, LogLevel.Error, "Computing the routing failed; the one in force stays")]
    private partial void LogFailed(Exception exception);
}
