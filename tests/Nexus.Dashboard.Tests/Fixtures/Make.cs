using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Tests.Fixtures;

/// <summary>Telemetry in one line.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static TraceId Trace(int number) => new(7, (ulong)number);

    public static TelemetrySource Source(string name) => new(name, $"{name}-1", [new Tag("service.name", name)]);

    public static Span Span(int trace, int id, int parent = 0, string source = "gateway", int at = 0, int took = 10, bool failed = false, string name = "") => new()
    {
        Trace = Trace(trace),
        Id = new SpanId((ulong)id),
        Parent = new SpanId((ulong)parent),
        Name = name.Length > 0 ? name : $"span {id}",
        Source = Source(source),
        Start = Start + TimeSpan.FromMilliseconds(at),
        Duration = TimeSpan.FromMilliseconds(took),
        Failed = failed,
    };

    public static LogEntry Log(string message, LogSeverity severity = LogSeverity.Information, string source = "gateway", int trace = 0, string tag = "") => new()
    {
        Time = Start,
        Source = Source(source),
        Severity = severity,
        Category = "Nexus.Test",
        Message = message,
        Trace = trace == 0 ? default : Trace(trace),
        Tags = [new Tag("tag", tag)],
    };

    public static TraceView View(params Span[] spans)
    {
        var book = new TraceBook(new TelemetryLimits());
        book.Add(spans);
        return book.Find(spans[0].Trace)!;
    }
}
