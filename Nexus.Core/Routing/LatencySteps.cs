namespace Nexus.Core.Routing;

/// <summary>Counts durations in steps that grow by a fifth, so that a percentile is right to within ten percent from 0.1 ms to
/// hours at the cost of a few counters.</summary>
public static class LatencySteps
{
    /// <summary>Number of steps.</summary>
    public const int Count = 96;

    private const double First = 0.1;
    private const double Growth = 1.2;

    /// <summary>The step of a duration.</summary>
    public static int Of(double milliseconds) =>
        milliseconds <= First ? 0 : Math.Min(Count - 1, 1 + (int)(Math.Log(milliseconds / First) / Math.Log(Growth)));

    /// <summary>The duration in the middle of a step, in milliseconds.</summary>
    public static double Middle(int step) => step == 0 ? First : First * Math.Pow(Growth, step - 0.5);

    /// <summary>The percentile of counted durations, in milliseconds; zero of none.</summary>
    /// <param name="counts">How many fell into each step.</param>
    /// <param name="fraction">Which percentile, 0 to 1.</param>
    public static double Percentile(ReadOnlySpan<long> counts, double fraction)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var left = (long)Math.Ceiling(total * fraction);
        for (var step = 0; step < counts.Length && total > 0; step++)
        {
            left -= counts[step];
            if (left <= 0)
            {
                return Middle(step);
            }
        }

        return 0;
    }
}
