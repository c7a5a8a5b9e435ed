using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Otlp;

/// <summary>Takes log records.</summary>
internal sealed class LogIntake(TelemetryStore store, TagReader tags, TimeProvider time)
{
    // Attributes by which senders say what the message was made of; with the values beside it, it says nothing new.
    private const string Template = "{OriginalFormat}";

    public ExportLogsServiceResponse Take(ExportLogsServiceRequest request)
    {
        foreach (var resource in request.ResourceLogs)
        {
            var source = store.Sources.Of(tags.Read(resource.Resource?.Attributes ?? []));
            foreach (var scope in resource.ScopeLogs)
            {
                var category = tags.Name(scope.Scope?.Name ?? "");
                store.Logs.Add([.. scope.LogRecords.Select(record => Read(record, source, category))]);
            }
        }

        return new();
    }

    private LogEntry Read(LogRecord record, TelemetrySource source, string category)
    {
        var nanoseconds = record.TimeUnixNano != 0 ? record.TimeUnixNano : record.ObservedTimeUnixNano;
        return new LogEntry
        {
            Time = nanoseconds == 0 ? time.GetUtcNow() : Times.At(nanoseconds),
            Source = source,
            Severity = SeverityOf(record.SeverityNumber),
            Category = category,
            Message = tags.Text(record.Body),
            Trace = TraceId.From(record.TraceId.Span),
            Span = SpanId.From(record.SpanId.Span),
            Tags = [.. tags.Read(record.Attributes).Where(t => t.Key != Template)],
        };
    }

    /// <summary>Four numbers a step; a record that says none is for information.</summary>
    private static LogSeverity SeverityOf(int number) => number is >= 1 and <= 24 ? (LogSeverity)((number - 1) / 4) : LogSeverity.Information;
}
