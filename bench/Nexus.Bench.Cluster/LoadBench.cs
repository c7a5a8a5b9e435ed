using System.Diagnostics;
using HdrHistogram;

namespace Nexus.Bench.Cluster;

/// <summary>
/// A thousand GETs a second for thirty seconds while a replica is killed every three. Open loop: a request is due at its
/// own time whether or not earlier ones were answered, and its latency counts from when it was due.
/// </summary>
internal static class LoadBench
{
    private const int PerSecond = 1_000;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(3);

    public static async Task<string> RunAsync(BenchCluster cluster, CancellationToken cancellationToken)
    {
        await cluster.SettledAsync(cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = cluster.Gateway };
        await WarmUpAsync(http, cancellationToken);

        var histogram = new LongConcurrentHistogram(1, TimeSpan.TicksPerMinute, 3);
        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = KillAsync(cluster, done.Token);
        var requests = new List<Task>(PerSecond * (int)Length.TotalSeconds);
        var started = Stopwatch.GetTimestamp();
        while (requests.Count < requests.Capacity)
        {
            var due = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * PerSecond);
            for (; requests.Count < Math.Min(due, requests.Capacity);)
            {
                var dueAt = started + (long)((double)requests.Count / PerSecond * Stopwatch.Frequency);
                requests.Add(GetAsync(http, dueAt, histogram, failures, cancellationToken));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }

        await Task.WhenAll(requests);
        await done.CancelAsync();
        var kills = await killing;
        return $"load: {requests.Count} GETs at {PerSecond}/s, {kills} replicas killed: {failures.Count} failed"
            + (failures.IsEmpty ? "" : $" (first: {failures.First()})")
            + $"; latency p50 {Ms(histogram, 50):0.0} ms, p99 {Ms(histogram, 99):0.0}, p99.9 {Ms(histogram, 99.9):0.0}, max {Ms(histogram, 100):0.0}";
    }

    private static async Task WarmUpAsync(HttpClient http, CancellationToken cancellationToken)
    {
        for (var i = 0; i < 200; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.GetStringAsync("/whoami", cancellationToken)));
        }
    }

    private static async Task GetAsync(
        HttpClient http, long dueAt, LongConcurrentHistogram histogram, System.Collections.Concurrent.ConcurrentBag<string> failures,
        CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/whoami", cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                failures.Add($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            }
        }
        catch (HttpRequestException e)
        {
            failures.Add(e.Message);
        }

        histogram.RecordValue(Math.Max(1, Stopwatch.GetElapsedTime(dueAt).Ticks));
    }

    private static async Task<int> KillAsync(BenchCluster cluster, CancellationToken cancellationToken)
    {
        var kills = 0;
        using var timer = new PeriodicTimer(KillEvery, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var healthy = await cluster.HealthyAsync(cancellationToken);
                if (healthy.Count > 1)
                {
                    BenchCluster.Kill(await BenchCluster.PidOfAsync(healthy[kills % healthy.Count].Id, cancellationToken));
                    kills++;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }

        return kills;
    }

    private static double Ms(LongConcurrentHistogram histogram, double percentile) =>
        histogram.GetValueAtPercentile(percentile) / (double)TimeSpan.TicksPerMillisecond;
}
