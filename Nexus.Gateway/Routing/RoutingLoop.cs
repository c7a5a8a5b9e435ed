using Nexus.Core.Routing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.Gateway.Routing;

/// <summary>
/// Turns changed inputs into routing: at once, then at most every 10 ms while changes keep coming. Starts from the routing of
/// the last run, before the first connection is accepted.
/// </summary>
internal sealed partial class RoutingLoop(
    RoutingInputs inputs, RoutingApplier applier, RoutingFile file, LoopHeartbeats heartbeats, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);
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
            await RunOnceAsync(stoppingToken);
            heartbeat.Beat();
            await Task.Delay(Rest, time, stoppingToken);
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var input = inputs.Take();
        if (input.Spec is null)
        {
            return;
        }

        var before = applier.Current;
        var next = RoutingTable.Compute(input.Spec, input.SpecRevision, input.Readings, before);
        var isWhole = next.Routes.All(route => input.Readings.ContainsKey(route.Pool));
        if (ReferenceEquals(next, before) || (before.IsEmpty && !isWhole))
        {
            return; // The first routing waits until every pool was looked at, instead of turning requests away for milliseconds.
        }

        await applier.ApplyAsync(next, input.ChangedAt, cancellationToken);
    }
}
