using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Telemetry;

public sealed class TraceBookTests
{
    [Fact]
    public void The_oldest_traces_make_room_and_memory_stays_bounded()
    {
        var book = new TraceBook(new TelemetryLimits { Traces = 10, Spans = 30 });

        for (var trace = 1; trace <= 100; trace++)
        {
            book.Add([Make.Span(trace, 1), Make.Span(trace, 2, parent: 1), Make.Span(trace, 3, parent: 1), Make.Span(trace, 4, parent: 1)]);
        }

        var kept = book.List(new TraceQuery());
        Assert.Equal([100, 99, 98, 97, 96, 95, 94], kept.Select(t => (int)t.Id.Low));
        Assert.Equal(28, book.Spans);
        Assert.Null(book.Find(Make.Trace(1)));
    }

    [Fact]
    public void A_trace_without_end_is_cut_and_says_so()
    {
        var book = new TraceBook(new TelemetryLimits { SpansPerTrace = 5 });

        book.Add([.. Enumerable.Range(1, 12).Select(id => Make.Span(1, id))]);

        Assert.Equal(5, book.Spans);
        Assert.Equal(7, book.Find(Make.Trace(1))!.Dropped);
    }

    [Fact]
    public void A_summary_names_the_first_span_and_every_process_in_order_of_its_start()
    {
        var book = new TraceBook(new TelemetryLimits());
        book.Add([Make.Span(1, 3, parent: 2, source: "web", at: 20, took: 200, failed: true)]);
        book.Add([Make.Span(1, 1, source: "gateway", took: 100, name: "GET /"), Make.Span(1, 2, parent: 1, source: "gateway", at: 5)]);

        var trace = Assert.Single(book.List(new TraceQuery()));

        Assert.Equal("GET /", trace.Name);
        Assert.Equal(Make.Start, trace.Start);
        Assert.Equal(TimeSpan.FromMilliseconds(220), trace.Duration);
        Assert.Equal(["gateway 2 False", "web 1 True"], trace.Shares.Select(s => $"{s.Source.Service} {s.Spans} {s.Failed}"));
    }

    [Fact]
    public void What_a_loop_does_by_itself_is_left_out_on_demand()
    {
        var book = new TraceBook(new TelemetryLimits());
        book.Add([Make.Span(1, 1, name: "reconcile"), Make.Span(1, 2, parent: 1) with { Kind = SpanKind.Client }]);
        book.Add([Make.Span(2, 1) with { Kind = SpanKind.Server }]);
        book.Add([Make.Span(3, 1, failed: true)]);
        book.Add([Make.Span(4, 1), Make.Span(4, 2, parent: 1, source: "web")]);

        Assert.Equal([4, 3, 2], book.List(new TraceQuery { AskedForOnly = true }).Select(t => (int)t.Id.Low));
        Assert.Equal(4, book.List(new TraceQuery()).Count);
    }

    [Theory]
    [InlineData("", null, false, 1, 0, "3 2 1", "nothing is asked for")]
    [InlineData("whoami", null, false, 1, 0, "1", "a span's name")]
    [InlineData("", "web", false, 1, 0, "2 1", "a process")]
    [InlineData("", null, true, 1, 0, "2", "a failed span")]
    [InlineData("", null, false, 2, 0, "1", "it crosses processes")]
    [InlineData("", null, false, 1, 500, "3", "it took long")]
    [InlineData("", "nobody", false, 1, 0, "", "a process that sent nothing")]
    public void A_query_finds(string text, string? source, bool failed, int sources, int milliseconds, string expected, string because)
    {
        var book = new TraceBook(new TelemetryLimits());
        book.Add([Make.Span(1, 1, name: "GET /whoami"), Make.Span(1, 2, parent: 1, source: "web")]);
        book.Add([Make.Span(2, 1, source: "web", failed: true)]);
        book.Add([Make.Span(3, 1, took: 900)]);

        var found = book.List(new TraceQuery
        {
            Text = text,
            Source = source is null ? null : Make.Source(source),
            FailedOnly = failed,
            MinSources = sources,
            MinDuration = TimeSpan.FromMilliseconds(milliseconds),
        });

        Assert.True(expected == string.Join(' ', found.Select(t => t.Id.Low)), because);
    }
}
