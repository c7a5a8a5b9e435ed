using System.Diagnostics.CodeAnalysis;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// The body of one request on its way to a replica. It is stopped when the replica answers with an error or redirect before its
/// end, when it cannot be written any more, or when it has been answered and makes no progress: then the answer is read at once,
/// where SocketsHttpHandler alone would send on first.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its timer is only set while a write waits, and a source without one holds nothing.")]
internal sealed class Upload(TimeProvider time)
{
    /// <summary>How long a replica that has answered may leave a write waiting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly AsyncLocal<Upload?> Ambient = new();

    private readonly CancellationTokenSource _stop = new(Timeout.InfiniteTimeSpan, time);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isAnswered;
    private volatile bool _isWriting;
    private int _attached;

    /// <summary>The upload of the request that this flow of control sends.</summary>
    public static Upload? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    /// <summary>Whether the HTTP handler reads the answer while it writes, as it does after Expect: 100-continue.</summary>
    public bool ReadsMeanwhile { get; set; }

    /// <summary>The last read of the client's body that had to wait; it may go on after the attempt.</summary>
    public Task<int>? PendingRead { get; set; }

    /// <summary>Whether the client may still be sending what nobody reads.</summary>
    public bool LeavesRest => (IsStopped && HasEnded) || PendingRead is { IsCompleted: false };

    public bool IsStopped => _stop.IsCancellationRequested;

    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>Completed once nothing of it is written any more, sent whole or not.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Ends when it is to be stopped.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Whether a connection is the first to carry it.</summary>
    public bool TryAttach() => Interlocked.Exchange(ref _attached, 1) == 0;

    /// <summary>The final status of the answer is there.</summary>
    public void Answer(int status)
    {
        if (HasEnded)
        {
            return;
        }

        _isAnswered = true;
        if (status >= 300)
        {
            Stop();
        }
        else if (_isWriting)
        {
            _stop.CancelAfter(Patience);
        }
    }

    public void BeginWrite()
    {
        _isWriting = true;
        if (_isAnswered && !IsStopped)
        {
            _stop.CancelAfter(Patience);
        }
    }

    public void EndWrite()
    {
        _isWriting = false;
        if (_isAnswered && !IsStopped)
        {
            _stop.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Stop() => _stop.Cancel();

    /// <summary>Does something when the rest of the answer takes too long.</summary>
    public ITimer AfterPatience(Action act) => time.CreateTimer(_ => act(), state: null, Patience, Timeout.InfiniteTimeSpan);

    public void End() => _ended.TrySetResult();
}
