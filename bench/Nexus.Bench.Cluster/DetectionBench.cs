using System.Diagnostics;

namespace Nexus.Bench.Cluster;

/// <summary>Kills twenty replicas one by one: death → out of the gateway's routing → replacement healthy → in routing.</summary>
internal static class DetectionBench
{
    private const int Kills = 20;

    public static async Task<string> RunAsync(BenchCluster cluster, CancellationToken cancellationToken)
    {
        var (outs, backs, engine) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Kills; i++)
        {
            await cluster.SettledAsync(cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System, cancellationToken);
            var victim = (await cluster.HealthyAsync(cancellationToken))[i % 3];
            var attempt = await cluster.AttemptInRotationAsync(victim.Id, cancellationToken);
            var pid = await BenchCluster.PidOfAsync(victim.Id, cancellationToken);

            var started = Stopwatch.GetTimestamp();
            BenchCluster.Kill(pid);
            outs.Add(await UntilAsync(cluster, victim.Id, a => a != attempt, started, TimeSpan.FromMilliseconds(1), cancellationToken));
            backs.Add(await UntilAsync(
                cluster, victim.Id, a => a is not null && a != attempt, started, TimeSpan.FromMilliseconds(10), cancellationToken));
        }

        for (var i = 0; i < 5; i++)
        {
            engine.Add(await EngineFloor.StartContainerAsync(cancellationToken));
        }

        return $"detect: {Kills} kills; death → out of routing p50 {At(outs, 0.5):0.0} ms, p95 {At(outs, 0.95):0.0}, max {At(outs, 1):0.0}; "
            + $"death → replacement in routing p50 {At(backs, 0.5):0} ms, p95 {At(backs, 0.95):0}, max {At(backs, 1):0}; "
            + $"the engine alone starts a container in {At(engine, 0.5):0} ms ({At(backs, 0.5) / At(engine, 0.5):0.0}×)";
    }

    private static async Task<double> UntilAsync(
        BenchCluster cluster, string allocation, Func<int?, bool> condition, long started, TimeSpan pause,
        CancellationToken cancellationToken)
    {
        // The pause is the resolution; without one the question itself would take the CPU that the answer waits for.
        while (!condition(await cluster.AttemptInRotationAsync(allocation, cancellationToken)))
        {
            await Task.Delay(pause, TimeProvider.System, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    internal static double At(List<double> values, double quantile)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Min(sorted.Count - 1, (int)(quantile * sorted.Count))];
    }
}
