namespace Nexus.Cli.Drills.Load;

/// <summary>A request that failed.</summary>
/// <param name="Kind">What class of failure: <c>503</c>, <c>connection refused</c>, <c>no answer in time</c>.</param>
/// <param name="At">When it was due, from the start of its window.</param>
/// <param name="Took">From then until it had failed.</param>
/// <param name="Detail">What was said: the start of the body, the exception's message.</param>
internal sealed record FailedRequest(string Kind, TimeSpan At, TimeSpan Took, string Detail);

/// <summary>
/// Everything that was due in a stretch of time, whenever it was answered: a request belongs to the window in which it was due.
/// Safe from any thread.
/// </summary>
internal sealed class LoadWindow(TimeSpan openedAt)
{
    /// <summary>Failures kept to be shown; the others are counted.</summary>
    private const int KeptFailures = 20;

    private readonly Lock _gate = new();
    private readonly List<FailedRequest> _failures = [];
    private readonly SortedDictionary<string, int> _kinds = new(StringComparer.Ordinal);
    private TaskCompletionSource? _empty;
    private bool _closed;
    private long _sent;
    private long _open;
    private long _failed;

    public LatencyHistogram Latency { get; } = new();

    public long Sent => Interlocked.Read(ref _sent);

    public long Failed => Interlocked.Read(ref _failed);

    public IReadOnlyList<FailedRequest> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>Failures by kind.</summary>
    public IReadOnlyDictionary<string, int> Kinds
    {
        get
        {
            lock (_gate)
            {
                return new SortedDictionary<string, int>(_kinds, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Longest that a request was sent after it was due, because the sender itself had no CPU.</summary>
    public TimeSpan Lag { get; private set; }

    /// <summary>A request is due; false when the window is closed and another one is open.</summary>
    public bool TryBegin(TimeSpan lag)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _sent++;
            Lag = lag > Lag ? lag : Lag;
            _open++;
            return true;
        }
    }

    /// <summary>A request came to its end; <paramref name="due"/> is from the start of the load.</summary>
    public void End(TimeSpan due, TimeSpan latency, Failure? failure)
    {
        lock (_gate)
        {
            // A failure's time is no latency: a refused connection would make the service look fast.
            if (failure is null)
            {
                Latency.Record(latency);
            }
            else
            {
                _failed++;
                _kinds[failure.Kind] = _kinds.GetValueOrDefault(failure.Kind) + 1;
                if (_failures.Count < KeptFailures)
                {
                    _failures.Add(new FailedRequest(failure.Kind, due - openedAt, latency, failure.Detail));
                }
            }

            if (--_open == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    /// <summary>Takes no more requests; ends when those that it has have ended.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_open == 0)
            {
                _empty.TrySetResult();
            }

            return _empty.Task;
        }
    }
}
