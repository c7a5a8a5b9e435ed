namespace Nexus.Dashboard.Telemetry;

/// <summary>Which traces are asked for.</summary>
internal sealed record TraceQuery
{
    /// <summary>A process that has a span in it; null for any.</summary>
    public TelemetrySource? Source { get; init; }

    /// <summary>A part of the trace's name, of a span's name or of an attribute's value; empty for any.</summary>
    public string Text { get; init; } = "";

    /// <summary>Only those with a failed span.</summary>
    public bool FailedOnly { get; init; }

    /// <summary>Not those of a loop that looked around by itself: one process that answered nobody and failed at nothing.</summary>
    public bool AskedForOnly { get; init; }

    /// <summary>Processes it spans at least.</summary>
    public int MinSources { get; init; } = 1;

    /// <summary>How long it took at least.</summary>
    public TimeSpan MinDuration { get; init; }

    /// <summary>Answers at most.</summary>
    public int Limit { get; init; } = 200;
}

/// <summary>The share of one process in a trace.</summary>
internal sealed record TraceShare(TelemetrySource Source, int Spans, bool Failed);

/// <summary>A trace in one line.</summary>
internal sealed record TraceSummary(
    TraceId Id, string Name, TelemetrySource Source, DateTimeOffset Start, TimeSpan Duration, int Spans, int Failed,
    IReadOnlyList<TraceShare> Shares);

/// <summary>A trace with all that is kept of it, spans by their start.</summary>
internal sealed record TraceView(TraceSummary Summary, IReadOnlyList<Span> Spans, int Dropped);

/// <summary>Keeps spans by trace. The trace that began to arrive first goes first.</summary>
internal sealed class TraceBook(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TraceId, LinkedListNode<Kept>> _traces = [];
    private readonly LinkedList<Kept> _byArrival = [];
    private int _spans;

    /// <summary>Moves with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Spans kept.</summary>
    public int Spans
    {
        get
        {
            lock (_gate)
            {
                return _spans;
            }
        }
    }

    public void Add(IReadOnlyList<Span> spans)
    {
        lock (_gate)
        {
            foreach (var span in spans)
            {
                Add(span);
            }

            while (_byArrival.Count > 1 && (_spans > limits.Spans || _byArrival.Count > limits.Traces))
            {
                var oldest = _byArrival.First!.Value;
                _byArrival.RemoveFirst();
                _traces.Remove(oldest.Id);
                _spans -= oldest.Spans.Count;
            }

            Version++;
        }
    }

    /// <summary>The newest that match, newest first.</summary>
    public IReadOnlyList<TraceSummary> List(TraceQuery query)
    {
        var found = new List<TraceSummary>();
        lock (_gate)
        {
            for (var node = _byArrival.Last; node is not null && found.Count < query.Limit; node = node.Previous)
            {
                if (node.Value.Matches(query))
                {
                    found.Add(node.Value.Summary);
                }
            }
        }

        return found;
    }

    /// <summary>All that is kept of a trace; null when nothing is.</summary>
    public TraceView? Find(TraceId id)
    {
        lock (_gate)
        {
            return _traces.TryGetValue(id, out var node) ? node.Value.View() : null;
        }
    }

    /// <summary>Whether anything is kept of a trace.</summary>
    public bool Contains(TraceId id)
    {
        lock (_gate)
        {
            return _traces.ContainsKey(id);
        }
    }

    private void Add(Span span)
    {
        if (!_traces.TryGetValue(span.Trace, out var node))
        {
            node = _byArrival.AddLast(new Kept(span.Trace));
            _traces[span.Trace] = node;
        }

        if (node.Value.TryAdd(span, limits.SpansPerTrace))
        {
            _spans++;
        }
    }

    private sealed class Kept(TraceId id)
    {
        private TraceSummary? _summary;
        private int _dropped;

        public TraceId Id => id;

        public List<Span> Spans { get; } = [];

        public TraceSummary Summary => _summary ??= Summarise();

        public bool TryAdd(Span span, int limit)
        {
            if (Spans.Count >= limit)
            {
                _dropped++;
                return false;
            }

            Spans.Add(span);
            _summary = null;
            return true;
        }

        public TraceView View() => new(Summary, [.. Spans.OrderBy(s => s.Start)], _dropped);

        public bool Matches(TraceQuery query) =>
            (!query.FailedOnly || Summary.Failed > 0)
            && (!query.AskedForOnly || Summary.Failed > 0 || Summary.Shares.Count > 1 || Spans.Exists(s => s.Kind is SpanKind.Server or SpanKind.Consumer))
            && Summary.Shares.Count >= query.MinSources
            && Summary.Duration >= query.MinDuration
            && (query.Source is not { } source || Summary.Shares.Any(s => s.Source.Key == source.Key))
            && (query.Text.Length == 0 || Spans.Exists(s => Mentions(s, query.Text)) || id.ToString() == query.Text);

        private TraceSummary Summarise()
        {
            var known = Spans.Select(s => s.Id).ToHashSet();
            var first = Spans.OrderBy(s => known.Contains(s.Parent)).ThenBy(s => s.Start).First();
            var shares = Spans.GroupBy(s => s.Source.Key)
                .Select(g => (Began: g.Min(s => s.Start), Share: new TraceShare(g.First().Source, g.Count(), g.Any(s => s.Failed))))
                .OrderBy(it => it.Began).Select(it => it.Share);
            var start = Spans.Min(s => s.Start);
            return new TraceSummary(
                id, first.Name, first.Source, start, Spans.Max(s => s.End) - start, Spans.Count, Spans.Count(s => s.Failed), [.. shares]);
        }

        private static bool Mentions(Span span, string text) =>
            span.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
            || span.Tags.Any(t => t.Value.Contains(text, StringComparison.OrdinalIgnoreCase));
    }
}
