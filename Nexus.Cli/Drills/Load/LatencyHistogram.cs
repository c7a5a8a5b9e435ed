using HdrHistogram;

namespace Nexus.Cli.Drills.Load;

/// <summary>Latencies from a microsecond to two minutes, three digits exact. Safe from any thread.</summary>
internal sealed class LatencyHistogram
{
    private const long MaxMicroseconds = 120_000_000;
    private const int Digits = 3;

    private readonly LongConcurrentHistogram _values = new(1, MaxMicroseconds, Digits);

    public long Count => _values.TotalCount;

    public TimeSpan Max => _values.TotalCount == 0 ? TimeSpan.Zero : Span(_values.GetMaxValue());

    public void Record(TimeSpan latency) =>
        _values.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, MaxMicroseconds));

    public void Add(LatencyHistogram other) => _values.Add(other._values);

    /// <summary>The latency that <paramref name="percent"/> of the requests did not exceed; zero when there were none.</summary>
    public TimeSpan At(double percent) => _values.TotalCount == 0 ? TimeSpan.Zero : Span(_values.GetValueAtPercentile(percent));

    private static TimeSpan Span(long microseconds) => TimeSpan.FromMicroseconds(microseconds);
}
