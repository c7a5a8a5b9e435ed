using System.Diagnostics;
using System.Globalization;
using Nexus.Core.Reconcile;

namespace Nexus.Bench.Core;

/// <summary>The same in one line, in seconds instead of minutes: median of nine passes after warm-up.</summary>
internal static class ReconcileLine
{
    private const int Passes = 9;

    public static void Print()
    {
        var (small, large) = (Measure(1_000), Measure(10_000));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"reconcile: 1,000 nodes × 10,000 allocations converged {small.Converged:0.0} ms, place all {small.PlaceAll:0.0} ms; "
            + $"at 10×: {large.Converged / small.Converged:0.0}× and {large.PlaceAll / small.PlaceAll:0.0}×"));
    }

    private static (double Converged, double PlaceAll) Measure(int nodes)
    {
        var converged = LargeCluster.Converged(nodes, nodes * 10);
        var empty = LargeCluster.Empty(nodes, nodes * 10);
        return (Median(() => Reconciler.Compute(converged, LargeCluster.Now)), Median(() => Reconciler.Compute(empty, LargeCluster.Now)));
    }

    private static double Median(Action pass)
    {
        pass();
        pass();
        var times = new double[Passes];
        for (var i = 0; i < Passes; i++)
        {
            var started = Stopwatch.GetTimestamp();
            pass();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Passes / 2];
    }
}
