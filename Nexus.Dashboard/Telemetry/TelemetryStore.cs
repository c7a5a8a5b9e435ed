namespace Nexus.Dashboard.Telemetry;

/// <summary>All telemetry that is kept. Bounded whatever is sent; safe from any thread; knows neither the protocol's transport nor
/// the pages.</summary>
internal sealed class TelemetryStore(TelemetryLimits limits)
{
    public TelemetryLimits Limits => limits;

    public SourceBook Sources { get; } = new(limits);

    public TraceBook Traces { get; } = new(limits);

    public LogBook Logs { get; } = new(limits);

    public MetricBook Metrics { get; } = new(limits);

    /// <summary>Moves with every change of any of them.</summary>
    public long Version => Traces.Version + Logs.Version + Metrics.Version;
}
