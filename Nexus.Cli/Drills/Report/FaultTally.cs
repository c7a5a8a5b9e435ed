using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Load;

namespace Nexus.Cli.Drills.Report;

/// <summary>Adds up the runs of one kind of fault.</summary>
internal sealed class FaultTally(string fault, int? allowed)
{
    private const int KeptFailures = 20;

    private readonly LatencyHistogram _latency = new();
    private readonly List<FaultMarks> _marks = [];
    private readonly SortedDictionary<string, int> _kinds = new(StringComparer.Ordinal);
    private readonly List<FailedRequest> _failures = [];
    private long _requests;
    private long _failed;
    private TimeSpan _lag;
    private bool _broken;
    private string? _error;

    public bool IsEmpty => _requests == 0 && _marks.Count == 0 && _error is null;

    /// <summary>Adds one run with all that was due in its time; its window must be complete.</summary>
    public void Add(FaultMarks? marks, LoadWindow window, string? error)
    {
        if (marks is not null)
        {
            _marks.Add(marks);
        }

        Add(window);
        _error ??= error;
        _broken |= error is not null;
    }

    /// <summary>Adds requests of no run of their own.</summary>
    public void Add(LoadWindow window)
    {
        _latency.Add(window.Latency);
        _requests += window.Sent;
        _failed += window.Failed;
        _lag = window.Lag > _lag ? window.Lag : _lag;
        _broken |= allowed is { } most && window.Failed > most;
        _failures.AddRange(window.Failures.Take(KeptFailures - _failures.Count));
        foreach (var (kind, count) in window.Kinds)
        {
            _kinds[kind] = _kinds.GetValueOrDefault(kind) + count;
        }
    }

    public FaultReport Report() => new()
    {
        Fault = fault,
        Runs = _marks.Count,
        Requests = _requests,
        Failed = _failed,
        Allowed = allowed,
        Broken = _broken,
        LatencyP50 = Milliseconds(_latency.At(50)),
        LatencyP99 = Milliseconds(_latency.At(99)),
        LatencyMax = Milliseconds(_latency.Max),
        SenderLagMax = Milliseconds(_lag),
        Ejected = RunTimes.Of(_marks.Select(m => m.Ejected)),
        Full = RunTimes.Of(_marks.Select(m => m.Full)),
        Decided = RunTimes.Of(_marks.Select(m => m.Decided)),
        Note = _marks.LastOrDefault(m => !string.IsNullOrEmpty(m.Note))?.Note,
        Error = _error,
        Kinds = _kinds,
        Failures = _failures,
    };

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 2);
}
