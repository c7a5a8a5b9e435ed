using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Otlp;

/// <summary>Buckets that grow by a factor, as buckets with bounds.</summary>
internal static class ExponentialBuckets
{
    /// <summary>Values below zero count as zero: what is measured here are times and sizes.</summary>
    public static BucketSample Of(ExponentialHistogramDataPoint point, bool cumulative)
    {
        var growth = Math.Pow(2, Math.Pow(2, -point.Scale));
        var positive = point.Positive ?? new();
        var atMostZero = point.ZeroCount + (point.Negative?.BucketCounts.Aggregate(0UL, (sum, count) => sum + count) ?? 0);
        double[] bounds = [0, .. Enumerable.Range(0, positive.BucketCounts.Count + 1).Select(i => Math.Pow(growth, positive.Offset + i))];
        ulong[] counts = [atMostZero, 0, .. positive.BucketCounts, 0];
        return new BucketSample(bounds, counts, cumulative);
    }
}
