using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Otlp;

/// <summary>Takes spans.</summary>
internal sealed class TraceIntake(TelemetryStore store, TagReader tags)
{
    public ExportTraceServiceResponse Take(ExportTraceServiceRequest request)
    {
        long refused = 0;
        foreach (var resource in request.ResourceSpans)
        {
            var source = store.Sources.Of(tags.Read(resource.Resource?.Attributes ?? []));
            var spans = new List<Span>();
            foreach (var scope in resource.ScopeSpans)
            {
                var name = tags.Name(scope.Scope?.Name ?? "");
                foreach (var record in scope.Spans)
                {
                    if (Read(record, source, name) is { } span)
                    {
                        spans.Add(span);
                    }
                    else
                    {
                        refused++;
                    }
                }
            }

            store.Traces.Add(spans);
        }

        return refused == 0 ? new() : new()
        {
            PartialSuccess = new() { RejectedSpans = refused, ErrorMessage = "a span needs a trace id of 16 bytes and a span id of 8 bytes" },
        };
    }

    private Span? Read(SpanRecord record, TelemetrySource source, string scope)
    {
        var (trace, id) = (TraceId.From(record.TraceId.Span), SpanId.From(record.SpanId.Span));
        if (trace.IsEmpty || id.IsEmpty)
        {
            return null;
        }

        var limits = store.Limits;
        return new Span
        {
            Trace = trace,
            Id = id,
            Parent = SpanId.From(record.ParentSpanId.Span),
            Name = tags.Name(record.Name),
            Source = source,
            Scope = scope,
            Kind = Enum.IsDefined((SpanKind)record.Kind) ? (SpanKind)record.Kind : SpanKind.Unspecified,
            Start = Times.At(record.StartTimeUnixNano),
            Duration = Times.Between(record.StartTimeUnixNano, record.EndTimeUnixNano),
            Failed = record.Status?.Code == 2,
            StatusMessage = tags.Message(record.Status?.Message ?? ""),
            Tags = tags.Read(record.Attributes),
            Events = [.. record.Events.Take(limits.Events).Select(e => new SpanEvent(Times.At(e.TimeUnixNano), tags.Name(e.Name), tags.Read(e.Attributes)))],
            Links = [.. record.Links.Take(limits.Links).Select(l => new SpanLink(TraceId.From(l.TraceId.Span), SpanId.From(l.SpanId.Span), tags.Read(l.Attributes)))],
            Omitted = (int)(record.DroppedAttributesCount + record.DroppedEventsCount)
                + Math.Max(0, record.Attributes.Count - limits.Attributes)
                + Math.Max(0, record.Events.Count - limits.Events)
                + Math.Max(0, record.Links.Count - limits.Links),
        };
    }
}
