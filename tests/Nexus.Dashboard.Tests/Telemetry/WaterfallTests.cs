using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Telemetry;

public sealed class WaterfallTests
{
    public static TheoryData<string, Span[], string> Trees => new()
    {
        { "children follow their parent by start", [Make.Span(1, 1), Make.Span(1, 2, 1, at: 5), Make.Span(1, 3, 1, at: 2), Make.Span(1, 4, 3, at: 3)], "1 .3 ..4 .2" },
        { "a span whose parent is unknown stands at the top", [Make.Span(1, 1), Make.Span(1, 2, parent: 99, at: 1)], "1 2" },
        { "a span within itself is drawn once", [Make.Span(1, 1, parent: 1)], "1" },
        { "spans in a circle are drawn once each", [Make.Span(1, 1, 2), Make.Span(1, 2, 1, at: 1)], "1 .2" },
        { "a span that was sent twice is drawn twice, not for ever", [Make.Span(1, 1), Make.Span(1, 2, 1), Make.Span(1, 2, 1)], "1 .2 .2" },
    };

    [Theory]
    [MemberData(nameof(Trees))]
    public void Compute_puts_each_span_once_below_its_parent(string because, Span[] spans, string expected)
    {
        var rows = Waterfall.Compute(Make.View(spans), new HashSet<SpanId>());

        Assert.True(expected == string.Join(' ', rows.Select(r => new string('.', r.Depth) + r.Span.Id.Value)), because);
    }

    [Fact]
    public void Compute_places_spans_as_shares_of_the_whole()
    {
        var rows = Waterfall.Compute(Make.View(Make.Span(1, 1, took: 200), Make.Span(1, 2, 1, at: 50, took: 100)), new HashSet<SpanId>());

        Assert.Equal([(0, 1), (0.25, 0.5)], rows.Select(r => (r.Offset, r.Width)));
    }

    [Fact]
    public void Compute_leaves_out_all_that_lies_within_a_folded_span()
    {
        var view = Make.View(Make.Span(1, 1), Make.Span(1, 2, 1, at: 1), Make.Span(1, 3, 2, at: 2), Make.Span(1, 4, 1, at: 3));

        Assert.Equal(["1", "2", "4"], Waterfall.Compute(view, new HashSet<SpanId> { new(2) }).Select(r => $"{r.Span.Id.Value}"));
    }

    [Fact]
    public void Compute_survives_the_deepest_trace_that_is_kept()
    {
        var spans = Enumerable.Range(1, 2_000).Select(id => Make.Span(1, id, id - 1, at: id)).ToArray();

        var rows = Waterfall.Compute(Make.View(spans), new HashSet<SpanId>());

        Assert.Equal(2_000, rows.Count);
        Assert.Equal(Waterfall.DepthLimit, rows.Max(r => r.Depth));
    }
}
