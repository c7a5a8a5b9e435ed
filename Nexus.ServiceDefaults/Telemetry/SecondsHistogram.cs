using System.Diagnostics.Metrics;

namespace Nexus.ServiceDefaults.Telemetry;

/// <summary>Histograms of seconds, with boundaries from a millisecond to a minute: the exporter's own are made for milliseconds.</summary>
public static class SecondsHistogram
{
    private static readonly InstrumentAdvice<double> Advice = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>Creates one.</summary>
    /// <param name="meter">Its meter.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">What is measured.</param>
    public static Histogram<double> CreateSecondsHistogram(this Meter meter, string name, string description)
    {
        ArgumentNullException.ThrowIfNull(meter);
        return meter.CreateHistogram(name, "s", description, tags: null, Advice);
    }
}
