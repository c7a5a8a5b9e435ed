namespace Nexus.Dashboard.Telemetry;

/// <summary>From what senders count to what people look at.</summary>
internal static class SeriesMath
{
    /// <summary>The point that a sample makes after the one before it; null when it says nothing without one.</summary>
    public static MetricPoint? PointOf(Measured? before, Measured now)
    {
        var seconds = before is { } b ? (now.Time - b.Time).TotalSeconds : 0;
        return now.Sample switch
        {
            GaugeSample gauge => MetricPoint.Of(now.Time, gauge.Value),
            QuantileSample q => new MetricPoint(now.Time, Rate(q.Count, before?.Sample is QuantileSample p ? p.Count : 0, seconds), q.P50, q.P90, q.P99),
            _ when seconds <= 0 => null,
            CountSample { Cumulative: false } delta => MetricPoint.Of(now.Time, delta.Value / seconds),
            CountSample count => MetricPoint.Of(now.Time, Rate(count.Value, before?.Sample is CountSample p ? p.Value : 0, seconds)),
            BucketSample buckets => PointOf(now.Time, Interval(before?.Sample as BucketSample, buckets), seconds),
            _ => null,
        };
    }

    /// <summary>
    /// What stood before the first sample of a series: nothing, when its instrument was reported last, or when the sender began to
    /// count. Without it the first request of all would never show.
    /// </summary>
    public static Measured? Before(Measured first, DateTimeOffset? lastReport)
    {
        var since = lastReport ?? first.Start;
        return since is not { } time || time >= first.Time ? null : first.Sample switch
        {
            CountSample { Cumulative: true } count => first with { Time = time, Sample = count with { Value = 0 } },
            BucketSample { Cumulative: true } buckets => first with { Time = time, Sample = buckets with { Counts = new ulong[buckets.Counts.Length] } },
            _ => null,
        };
    }

    /// <summary>Samples of several series at one moment as one; null where they cannot be added.</summary>
    public static Sample? Sum(IReadOnlyList<Sample> samples) => samples[0] switch
    {
        CountSample first when samples.All(s => s is CountSample) =>
            first with { Value = samples.Sum(s => ((CountSample)s).Value) },
        BucketSample first when samples.All(s => s is BucketSample b && b.Bounds.AsSpan().SequenceEqual(first.Bounds)) =>
            first with { Counts = [.. first.Counts.Select((_, i) => samples.Aggregate(0UL, (sum, s) => sum + ((BucketSample)s).Counts[i]))] },
        _ => null,
    };

    /// <summary>The value that a share of all values is not above, on a line through its bucket.</summary>
    public static double Quantile(double[] bounds, ulong[] counts, double share)
    {
        var total = counts.Aggregate(0UL, (sum, c) => sum + c);
        if (total == 0)
        {
            return double.NaN;
        }

        var wanted = share * total;
        double seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0 && seen + counts[i] >= wanted)
            {
                if (i >= bounds.Length)
                {
                    // The last bucket is open: its lower bound is all that is known.
                    return bounds.Length == 0 ? double.NaN : bounds[^1];
                }

                var low = i == 0 ? Math.Min(0, bounds[0]) : bounds[i - 1];
                return low + ((bounds[i] - low) * ((wanted - seen) / counts[i]));
            }

            seen += counts[i];
        }

        return bounds.Length == 0 ? double.NaN : bounds[^1];
    }

    private static MetricPoint PointOf(DateTimeOffset time, BucketSample interval, double seconds)
    {
        var count = interval.Counts.Aggregate(0UL, (sum, c) => sum + c);
        return new MetricPoint(
            time, count / seconds,
            Quantile(interval.Bounds, interval.Counts, 0.5),
            Quantile(interval.Bounds, interval.Counts, 0.9),
            Quantile(interval.Bounds, interval.Counts, 0.99));
    }

    /// <summary>What came between two samples; a sender that began anew counts from zero.</summary>
    private static BucketSample Interval(BucketSample? before, BucketSample now)
    {
        var comparable = now.Cumulative && before is not null && before.Bounds.AsSpan().SequenceEqual(now.Bounds)
            && before.Counts.Length == now.Counts.Length && !before.Counts.Where((count, i) => count > now.Counts[i]).Any();
        return comparable ? now with { Counts = [.. now.Counts.Select((count, i) => count - before!.Counts[i])] } : now;
    }

    private static double Rate(double now, double before, double seconds) =>
        seconds <= 0 ? 0 : (now >= before ? now - before : now) / seconds;
}
