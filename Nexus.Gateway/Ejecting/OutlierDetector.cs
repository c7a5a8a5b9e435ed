using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Ejecting;

/// <summary>Compares the replicas of every pool by their error rates, and ejects those that <see cref="OutlierDetection"/> finds.</summary>
internal sealed partial class OutlierDetector(
    RoutingState routing, LivePools pools, EjectionBook book, Ejector ejector, TimeProvider time, ILogger<OutlierDetector> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A short window finds a replica that began to fail, a long one the same in a pool with few requests.
    private static readonly TimeSpan[] Windows = [TimeSpan.FromSeconds(5), TrafficWindow.Longest];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var pool in routing.Current.Pools)
            {
                Compare(pool);
            }
        }
    }

    private void Compare(PoolRouting pool)
    {
        if (!pool.OutlierDetection.Enabled || pools.Find(pool.Name.Value) is not { } live)
        {
            return;
        }

        var members = pool.Destinations.Where(pool.TakesRequests)
            .Select(destination => (Destination: destination, Live: live.Find(destination.Id.Value)))
            .Where(member => member.Live is not null)
            .ToDictionary(member => member.Destination.Id.Value, member => (member.Destination, Live: member.Live!), StringComparer.Ordinal);
        foreach (var window in Windows)
        {
            var traffic = members.Values.Select(member => Read(pool, member.Destination, member.Live, window));
            foreach (var id in OutlierDetection.Compute(pool.OutlierDetection, traffic))
            {
                Eject(pool, members[id].Live, window);
            }
        }
    }

    private ReplicaTraffic Read(PoolRouting pool, Destination destination, LiveDestination live, TimeSpan window)
    {
        var (requests, failures) = live.Traffic.Read(window);

        // With fixed shares, as in a canary, a revision that fails is for the rollout to judge, by the very requests it is sent.
        var group = pool.Weights.IsEmpty ? "" : destination.Revision?.Value ?? "";
        return new ReplicaTraffic(
            live.Allocation, group, requests, failures, book.IsEjected(live.Allocation), live.Outlier.IsOnProbation(pool.OutlierDetection, time));
    }

    private void Eject(PoolRouting pool, LiveDestination live, TimeSpan window)
    {
        var (requests, failures) = live.Traffic.Read(window);
        var duration = OutlierDetection.EjectionTime(pool.OutlierDetection, live.Outlier.Ejected(pool.OutlierDetection, time));
        LogOutlier(live.Allocation, pool.Name.Value, failures, requests, window.TotalSeconds, duration.TotalSeconds);
        ejector.Fail(pool.Name.Value, live.Allocation, live.Life, EjectionReason.Outlier, time.GetTimestamp(), duration);
    }

    [LoggerMessage(6012, LogLevel.Warning,
        "{Allocation} of pool {Pool} is an outlier: {Failures} of its {Requests} requests within {Window} s failed, far more than of the other replicas; ejected for {Seconds} s")]
    private partial void LogOutlier(string allocation, string pool, long failures, long requests, double window, double seconds);
}
