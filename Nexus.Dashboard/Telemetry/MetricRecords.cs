namespace Nexus.Dashboard.Telemetry;

/// <summary>How the points of an instrument are read.</summary>
public enum InstrumentKind
{
    /// <summary>A value of now.</summary>
    Gauge,

    /// <summary>Something counted; shown a second.</summary>
    Counter,

    /// <summary>Many values; shown as quantiles.</summary>
    Histogram,
}

/// <summary>An instrument of a process.</summary>
/// <param name="Meter">The library that it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Unit">Its unit, by UCUM.</param>
/// <param name="Description">What it measures.</param>
/// <param name="Kind">How its points are read.</param>
public sealed record InstrumentInfo(string Meter, string Name, string Unit, string Description, InstrumentKind Kind)
{
    /// <summary>What tells instruments of a process apart.</summary>
    public (string Meter, string Name) Key => (Meter, Name);
}

/// <summary>A point as it is shown.</summary>
/// <param name="Time">When it was measured.</param>
/// <param name="Value">The value of a gauge; what a counter or a histogram counted a second.</param>
/// <param name="P50">Half of a histogram's values of the interval were not above it; not a number when there were none.</param>
/// <param name="P90">Nine of ten were not above it.</param>
/// <param name="P99">99 of a hundred were not above it.</param>
public readonly record struct MetricPoint(DateTimeOffset Time, double Value, double P50, double P90, double P99)
{
    internal static MetricPoint Of(DateTimeOffset time, double value) => new(time, value, double.NaN, double.NaN, double.NaN);
}

/// <summary>A series with its points, oldest first.</summary>
/// <param name="Tags">What tells it from the instrument's others; none for the sum of all.</param>
/// <param name="Points">Its points.</param>
public sealed record SeriesView(IReadOnlyList<Tag> Tags, IReadOnlyList<MetricPoint> Points)
{
    /// <summary>The attributes in one line.</summary>
    public string Name => Tags.Count == 0 ? "all" : string.Join(", ", Tags.Select(t => $"{t.Key}={t.Value}"));
}

/// <summary>An instrument with its series.</summary>
/// <param name="Info">The instrument.</param>
/// <param name="Series">Its series; the sum of all comes first where there is one.</param>
/// <param name="Omitted">Series that found no room.</param>
public sealed record InstrumentView(InstrumentInfo Info, IReadOnlyList<SeriesView> Series, int Omitted);

/// <summary>What a sender says of a series at one moment.</summary>
/// <param name="Tags">The attributes.</param>
/// <param name="Time">When it was measured.</param>
/// <param name="Sample">What was measured.</param>
/// <param name="Start">Since when the sender counts; null when it does not say.</param>
internal readonly record struct Measured(IReadOnlyList<Tag> Tags, DateTimeOffset Time, Sample Sample, DateTimeOffset? Start = null);

/// <summary>A measurement before it is compared with the one before.</summary>
internal abstract record Sample;

/// <summary>A value of now.</summary>
internal sealed record GaugeSample(double Value) : Sample;

/// <summary>A count: since the sender's start, or since the sample before.</summary>
internal sealed record CountSample(double Value, bool Cumulative) : Sample;

/// <summary>Many values in buckets: bucket <c>i</c> holds those up to bound <c>i</c>, the last those above all bounds.</summary>
internal sealed record BucketSample(double[] Bounds, ulong[] Counts, bool Cumulative) : Sample;

/// <summary>Quantiles that the sender has computed itself.</summary>
internal sealed record QuantileSample(ulong Count, double P50, double P90, double P99) : Sample;
