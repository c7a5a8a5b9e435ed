namespace Nexus.Dashboard.Telemetry;

/// <summary>
/// How much telemetry is kept in memory, whatever is sent. What is over a limit goes: of traces, logs and points the oldest, of
/// texts the end, of everything else what came last.
/// </summary>
public sealed record TelemetryLimits
{
    /// <summary>Traces; the one that began to arrive first goes first.</summary>
    public int Traces { get; init; } = 5_000;

    /// <summary>Spans of all traces together; whole traces go.</summary>
    public int Spans { get; init; } = 20_000;

    /// <summary>Spans of one trace; later ones are counted only.</summary>
    public int SpansPerTrace { get; init; } = 2_000;

    /// <summary>Log records.</summary>
    public int Logs { get; init; } = 10_000;

    /// <summary>Processes that telemetry is told apart by; those that come later share one entry.</summary>
    public int Sources { get; init; } = 200;

    /// <summary>Instruments of one process.</summary>
    public int InstrumentsPerSource { get; init; } = 300;

    /// <summary>Series (combinations of attributes) of one instrument.</summary>
    public int SeriesPerInstrument { get; init; } = 50;

    /// <summary>Series of all instruments together.</summary>
    public int Series { get; init; } = 4_000;

    /// <summary>Points of one series: five minutes at one a second.</summary>
    public int PointsPerSeries { get; init; } = 300;

    /// <summary>Buckets of a histogram that are looked at.</summary>
    public int Buckets { get; init; } = 256;

    /// <summary>Attributes of a span, an event, a link, a log record or a process.</summary>
    public int Attributes { get; init; } = 64;

    /// <summary>Characters of an attribute's value or of a name.</summary>
    public int AttributeLength { get; init; } = 2_048;

    /// <summary>Characters of a log message, and of the attributes that hold an exception's stack.</summary>
    public int MessageLength { get; init; } = 8_192;

    /// <summary>Events of a span.</summary>
    public int Events { get; init; } = 32;

    /// <summary>Links of a span.</summary>
    public int Links { get; init; } = 16;
}
