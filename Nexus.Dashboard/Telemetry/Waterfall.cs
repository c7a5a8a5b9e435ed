namespace Nexus.Dashboard.Telemetry;

/// <summary>A span as a row of the waterfall.</summary>
/// <param name="Span">The span.</param>
/// <param name="Depth">How many spans it lies within.</param>
/// <param name="Offset">Where it begins, as a share of the whole.</param>
/// <param name="Width">How long it took, as a share of the whole.</param>
/// <param name="Children">Spans within it, all of them.</param>
internal sealed record WaterfallRow(Span Span, int Depth, double Offset, double Width, int Children);

/// <summary>Lays a trace out in time.</summary>
internal static class Waterfall
{
    /// <summary>Deeper spans are drawn at this depth.</summary>
    public const int DepthLimit = 32;

    /// <summary>
    /// A row for every span, each after the one it lies within and siblings by their start. A span whose parent is not known,
    /// or that lies within itself, stands at the top. What lies within a folded span is left out.
    /// </summary>
    public static IReadOnlyList<WaterfallRow> Compute(TraceView trace, IReadOnlySet<SpanId> folded)
    {
        var known = trace.Spans.Select(s => s.Id).ToHashSet();
        var children = trace.Spans.Where(s => known.Contains(s.Parent) && s.Parent != s.Id).ToLookup(s => s.Parent);
        var rows = new List<WaterfallRow>(trace.Spans.Count);
        var drawn = new HashSet<Span>(ReferenceEqualityComparer.Instance);
        var whole = Math.Max(1, trace.Summary.Duration.Ticks);
        foreach (var span in trace.Spans.Where(s => !known.Contains(s.Parent) || s.Parent == s.Id))
        {
            Draw(span);
        }

        // What is left lies in a circle.
        foreach (var span in trace.Spans)
        {
            Draw(span);
        }

        return rows;

        void Draw(Span top)
        {
            // A stack of its own: a trace may be as deep as its sender likes.
            var pending = new Stack<(Span Span, int Depth, bool Hidden)>([(top, 0, false)]);
            while (pending.TryPop(out var next))
            {
                if (!drawn.Add(next.Span))
                {
                    continue;
                }

                if (!next.Hidden)
                {
                    rows.Add(new WaterfallRow(
                        next.Span, Math.Min(next.Depth, DepthLimit),
                        (double)(next.Span.Start - trace.Summary.Start).Ticks / whole, (double)next.Span.Duration.Ticks / whole,
                        children[next.Span.Id].Count()));
                }

                var hidden = next.Hidden || folded.Contains(next.Span.Id);
                foreach (var child in children[next.Span.Id].Reverse())
                {
                    pending.Push((child, next.Depth + 1, hidden));
                }
            }
        }
    }
}
