using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Otlp;

/// <summary>Takes metrics.</summary>
internal sealed class MetricIntake(TelemetryStore store, TagReader tags)
{
    public ExportMetricsServiceResponse Take(ExportMetricsServiceRequest request)
    {
        foreach (var resource in request.ResourceMetrics)
        {
            var source = store.Sources.Of(tags.Read(resource.Resource?.Attributes ?? []));
            foreach (var scope in resource.ScopeMetrics)
            {
                foreach (var metric in scope.Metrics)
                {
                    var (kind, measured) = Read(metric);
                    var info = new InstrumentInfo(
                        tags.Name(scope.Scope?.Name ?? ""), tags.Name(metric.Name), tags.Name(metric.Unit), tags.Name(metric.Description), kind);
                    store.Metrics.Add(source, info, measured);
                }
            }
        }

        return new();
    }

    private (InstrumentKind Kind, IReadOnlyList<Measured> Measured) Read(MetricRecord metric) => metric.DataCase switch
    {
        MetricRecord.DataOneofCase.Gauge => (InstrumentKind.Gauge, [.. metric.Gauge.DataPoints.Select(p => Of(p, new GaugeSample(ValueOf(p))))]),
        MetricRecord.DataOneofCase.Sum when metric.Sum.IsMonotonic =>
            (InstrumentKind.Counter, [.. metric.Sum.DataPoints.Select(p => Of(p, new CountSample(ValueOf(p), IsCumulative(metric.Sum.AggregationTemporality))))]),
        MetricRecord.DataOneofCase.Sum => (InstrumentKind.Gauge, [.. metric.Sum.DataPoints.Select(p => Of(p, new GaugeSample(ValueOf(p))))]),
        MetricRecord.DataOneofCase.Histogram => (InstrumentKind.Histogram, [.. metric.Histogram.DataPoints
            .Where(p => p.BucketCounts.Count == p.ExplicitBounds.Count + 1 && p.BucketCounts.Count <= store.Limits.Buckets)
            .Select(p => new Measured(tags.Read(p.Attributes), Times.At(p.TimeUnixNano), new BucketSample(
                [.. p.ExplicitBounds], [.. p.BucketCounts], IsCumulative(metric.Histogram.AggregationTemporality)), StartOf(p.StartTimeUnixNano)))]),
        MetricRecord.DataOneofCase.ExponentialHistogram => (InstrumentKind.Histogram, [.. metric.ExponentialHistogram.DataPoints
            .Where(p => (p.Positive?.BucketCounts.Count ?? 0) <= store.Limits.Buckets)
            .Select(p => new Measured(tags.Read(p.Attributes), Times.At(p.TimeUnixNano), ExponentialBuckets.Of(
                p, IsCumulative(metric.ExponentialHistogram.AggregationTemporality)), StartOf(p.StartTimeUnixNano)))]),
        MetricRecord.DataOneofCase.Summary => (InstrumentKind.Histogram, [.. metric.Summary.DataPoints
            .Select(p => new Measured(tags.Read(p.Attributes), Times.At(p.TimeUnixNano), new QuantileSample(
                p.Count, QuantileOf(p, 0.5), QuantileOf(p, 0.9), QuantileOf(p, 0.99))))]),
        _ => (InstrumentKind.Gauge, []),
    };

    private Measured Of(NumberDataPoint point, Sample sample) => new(
        tags.Read(point.Attributes), Times.At(point.TimeUnixNano), sample, StartOf(point.StartTimeUnixNano));

    private static DateTimeOffset? StartOf(ulong nanoseconds) => nanoseconds == 0 ? null : Times.At(nanoseconds);

    private static double ValueOf(NumberDataPoint point) =>
        point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble;

    private static bool IsCumulative(AggregationTemporality temporality) => temporality != AggregationTemporality.Delta;

    private static double QuantileOf(SummaryDataPoint point, double share) =>
        point.QuantileValues.Count == 0 ? double.NaN : point.QuantileValues.MinBy(q => Math.Abs(q.Quantile - share))!.Value;
}
