namespace Nexus.Dashboard.Telemetry;

/// <summary>An attribute, its value as text.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value.</param>
public readonly record struct Tag(string Key, string Value);

/// <summary>A process that sends telemetry.</summary>
/// <param name="Service">What it is an instance of.</param>
/// <param name="Instance">Which one; empty when it does not say.</param>
/// <param name="Attributes">What it says of itself.</param>
public sealed record TelemetrySource(string Service, string Instance, IReadOnlyList<Tag> Attributes)
{
    /// <summary>Counts services from 0 in order of arrival; all instances of one have the same.</summary>
    public int Number { get; init; }

    /// <summary>Service and instance: what tells processes apart.</summary>
    public (string Service, string Instance) Key => (Service, Instance);

    /// <summary>The instance, or the service where that says as much.</summary>
    public string Name => Instance.Length == 0 || Instance.Length > 40 ? Service : Instance;
}

/// <summary>What a span stands for.</summary>
public enum SpanKind
{
    /// <summary>Not said.</summary>
    Unspecified,

    /// <summary>Work within a process.</summary>
    Internal,

    /// <summary>A request that is answered.</summary>
    Server,

    /// <summary>A request that is made.</summary>
    Client,

    /// <summary>A message that is sent.</summary>
    Producer,

    /// <summary>A message that is handled.</summary>
    Consumer,
}

/// <summary>Something that happened during a span.</summary>
/// <param name="Time">When.</param>
/// <param name="Name">What.</param>
/// <param name="Tags">More about it.</param>
public sealed record SpanEvent(DateTimeOffset Time, string Name, IReadOnlyList<Tag> Tags);

/// <summary>A span elsewhere that this one has to do with.</summary>
/// <param name="Trace">Its trace.</param>
/// <param name="Span">Its identity.</param>
/// <param name="Tags">More about it.</param>
public sealed record SpanLink(TraceId Trace, SpanId Span, IReadOnlyList<Tag> Tags);

/// <summary>A piece of work with a beginning and an end.</summary>
public sealed record Span
{
    /// <summary>Its trace.</summary>
    public required TraceId Trace { get; init; }

    /// <summary>Its identity.</summary>
    public required SpanId Id { get; init; }

    /// <summary>Empty for the first of its trace.</summary>
    public SpanId Parent { get; init; }

    /// <summary>What is done.</summary>
    public required string Name { get; init; }

    /// <summary>Whose it is.</summary>
    public required TelemetrySource Source { get; init; }

    /// <summary>The library that made it.</summary>
    public string Scope { get; init; } = "";

    /// <summary>What it stands for.</summary>
    public SpanKind Kind { get; init; }

    /// <summary>When it began, by its process's clock.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Whether it failed.</summary>
    public bool Failed { get; init; }

    /// <summary>Why it failed.</summary>
    public string StatusMessage { get; init; } = "";

    /// <summary>Its attributes.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = [];

    /// <summary>What happened meanwhile.</summary>
    public IReadOnlyList<SpanEvent> Events { get; init; } = [];

    /// <summary>Spans elsewhere that it has to do with.</summary>
    public IReadOnlyList<SpanLink> Links { get; init; } = [];

    /// <summary>Attributes and events that the sender or we left out.</summary>
    public int Omitted { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset End => Start + Duration;
}

/// <summary>How grave a log record is.</summary>
internal enum LogSeverity
{
    /// <summary>Each step.</summary>
    Trace,

    /// <summary>For who looks for an error.</summary>
    Debug,

    /// <summary>A state changed.</summary>
    Information,

    /// <summary>Something may be wrong.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,

    /// <summary>The process cannot go on.</summary>
    Critical,
}

/// <summary>A structured log record.</summary>
internal sealed record LogEntry
{
    /// <summary>Counts from 1 since the start of the dashboard; given by the store.</summary>
    public long Number { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required TelemetrySource Source { get; init; }

    public LogSeverity Severity { get; init; }

    /// <summary>The logger's category.</summary>
    public string Category { get; init; } = "";

    public required string Message { get; init; }

    /// <summary>Empty where it was not written during a span.</summary>
    public TraceId Trace { get; init; }

    public SpanId Span { get; init; }

    public IReadOnlyList<Tag> Tags { get; init; } = [];
}
