namespace Nexus.Dashboard.Telemetry;

/// <summary>Which log records are asked for.</summary>
internal sealed record LogQuery
{
    /// <summary>Who wrote it; null for anybody.</summary>
    public TelemetrySource? Source { get; init; }

    /// <summary>How grave it is at least.</summary>
    public LogSeverity MinSeverity { get; init; }

    /// <summary>A part of the message, the category or an attribute's value; empty for any.</summary>
    public string Text { get; init; } = "";

    /// <summary>The trace it was written in; empty for any.</summary>
    public TraceId Trace { get; init; }

    /// <summary>Answers at most.</summary>
    public int Limit { get; init; } = 500;
}

/// <summary>Keeps the newest log records.</summary>
internal sealed class LogBook(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Ring<LogEntry> _entries = new(limits.Logs);

    /// <summary>Records taken since the start; moves with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Records kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public void Add(IReadOnlyList<LogEntry> entries)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                _entries.Add(entry with { Number = ++Version });
            }
        }
    }

    /// <summary>The newest that match, newest first.</summary>
    public IReadOnlyList<LogEntry> List(LogQuery query)
    {
        LogEntry[] entries;
        lock (_gate)
        {
            entries = _entries.ToArray();
        }

        return [.. entries.Reverse().Where(e => Matches(e, query)).Take(query.Limit)];
    }

    private static bool Matches(LogEntry entry, LogQuery query) =>
        entry.Severity >= query.MinSeverity
        && (query.Source is not { } source || entry.Source.Key == source.Key)
        && (query.Trace.IsEmpty || entry.Trace == query.Trace)
        && (query.Text.Length == 0 || Mentions(entry, query.Text));

    private static bool Mentions(LogEntry entry, string text) =>
        entry.Message.Contains(text, StringComparison.OrdinalIgnoreCase)
        || entry.Category.Contains(text, StringComparison.OrdinalIgnoreCase)
        || entry.Tags.Any(t => t.Value.Contains(text, StringComparison.OrdinalIgnoreCase));
}
