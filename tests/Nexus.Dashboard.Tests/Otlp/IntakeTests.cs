using Google.Protobuf;
using Nexus.Dashboard.Otlp;
using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Tests.Otlp;

/// <summary>What senders may not do to our memory, and what they may leave out.</summary>
public sealed class IntakeTests
{
    private static readonly TelemetryLimits Small = new() { Attributes = 3, AttributeLength = 16, MessageLength = 20, Events = 2, Links = 1, Sources = 2 };

    private readonly TelemetryStore _store = new(Small);
    private readonly TagReader _tags = new(Small);

    [Fact]
    public void A_span_is_cut_to_size_and_says_how_much_is_left_out()
    {
        var record = Span(1);
        record.Attributes.Add(Enumerable.Range(0, 8).Select(i => Pair($"key{i}", new string('x', 100))));
        record.Events.Add(Enumerable.Range(0, 5).Select(i => new EventRecord { Name = $"event{i}" }));
        record.Links.Add(Enumerable.Range(0, 4).Select(_ => new LinkRecord()));

        new TraceIntake(_store, _tags).Take(Request("a", record));

        var span = Assert.Single(_store.Traces.Find(TraceId.From(record.TraceId.Span))!.Spans);
        Assert.Equal(3, span.Tags.Count);
        Assert.Equal(new string('x', 15) + "…", span.Tags[0].Value);
        Assert.Equal((2, 1), (span.Events.Count, span.Links.Count));
        Assert.Equal(5 + 3 + 3, span.Omitted);
    }

    [Fact]
    public void A_span_without_identity_is_refused_and_the_others_are_taken()
    {
        var response = new TraceIntake(_store, _tags).Take(Request("a", Span(1), new SpanRecord { Name = "nobody" }));

        Assert.Equal(1, response.PartialSuccess.RejectedSpans);
        Assert.Equal(1, _store.Traces.Spans);
    }

    [Fact]
    public void Processes_beyond_the_limit_share_one_entry()
    {
        var intake = new TraceIntake(_store, _tags);
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            intake.Take(Request(name, Span(1)));
        }

        Assert.Equal(["a", "b", "others"], _store.Sources.All.Select(s => s.Name));
    }

    [Fact]
    public void Values_of_every_kind_become_short_texts()
    {
        AnyValue list = new() { ArrayValue = new() };
        list.ArrayValue.Values.Add([new AnyValue { IntValue = 1 }, new AnyValue { BoolValue = true }]);
        AnyValue map = new() { KvlistValue = new() };
        map.KvlistValue.Values.Add(Pair("k", "v"));
        AnyValue deep = new() { StringValue = "bottom" };
        for (var i = 0; i < 1_000; i++)
        {
            AnyValue outer = new() { ArrayValue = new() };
            outer.ArrayValue.Values.Add(deep);
            deep = outer;
        }

        Assert.Equal("[1, true]", _tags.Text(list));
        Assert.Equal("{k: v}", _tags.Text(map));
        Assert.Equal("2.5", _tags.Text(new AnyValue { DoubleValue = 2.5 }));
        Assert.Equal("3 bytes", _tags.Text(new AnyValue { BytesValue = ByteString.CopyFrom(1, 2, 3) }));
        Assert.Equal("", _tags.Text(null));
        Assert.Equal("[[[[…]]]]", _tags.Text(deep));
    }

    [Theory]
    [InlineData(0, "Information", "it says none")]
    [InlineData(1, "Trace", "1 to 4")]
    [InlineData(8, "Debug", "5 to 8")]
    [InlineData(13, "Warning", "13 to 16")]
    [InlineData(24, "Critical", "21 to 24")]
    [InlineData(99, "Information", "there is no such number")]
    public void A_severity_is_one_of_four_numbers_each(int number, string expected, string because)
    {
        var request = new ExportLogsServiceRequest();
        request.ResourceLogs.Add(new ResourceLogs());
        request.ResourceLogs[0].ScopeLogs.Add(new ScopeLogs());
        request.ResourceLogs[0].ScopeLogs[0].LogRecords.Add(new LogRecord { SeverityNumber = number });

        new LogIntake(_store, _tags, TimeProvider.System).Take(request);

        Assert.True(expected == _store.Logs.List(new LogQuery())[0].Severity.ToString(), because);
    }

    [Fact]
    public void A_histogram_whose_buckets_do_not_fit_is_left_out()
    {
        var point = new HistogramDataPoint { TimeUnixNano = 1 };
        point.ExplicitBounds.Add([1, 2]);
        point.BucketCounts.Add([1, 2]);
        var metric = new MetricRecord { Name = "m", Histogram = new Histogram() };
        metric.Histogram.DataPoints.Add(point);
        var request = new ExportMetricsServiceRequest();
        request.ResourceMetrics.Add(new ResourceMetrics());
        request.ResourceMetrics[0].ScopeMetrics.Add(new ScopeMetrics());
        request.ResourceMetrics[0].ScopeMetrics[0].Metrics.Add(metric);

        new MetricIntake(_store, _tags).Take(request);

        Assert.Equal(0, _store.Metrics.Series);
    }

    private static SpanRecord Span(byte id) => new()
    {
        TraceId = ByteString.CopyFrom([.. Enumerable.Repeat(id, 16)]),
        SpanId = ByteString.CopyFrom([.. Enumerable.Repeat(id, 8)]),
        Name = "span",
        StartTimeUnixNano = 1_000_000_000,
        EndTimeUnixNano = 2_000_000_000,
    };

    private static KeyValue Pair(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    private static ExportTraceServiceRequest Request(string service, params SpanRecord[] spans)
    {
        var resource = new ResourceSpans { Resource = new() };
        resource.Resource.Attributes.Add(Pair("service.name", service));
        resource.ScopeSpans.Add(new ScopeSpans());
        resource.ScopeSpans[0].Spans.Add(spans);
        var request = new ExportTraceServiceRequest();
        request.ResourceSpans.Add(resource);
        return request;
    }
}
