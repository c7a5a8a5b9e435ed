using System.Diagnostics.CodeAnalysis;
using Nexus.Gateway.Live;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// One try of a request at a destination: can be broken off, or run out of time, until the head of an answer arrives, and knows
/// which of these came first. Used again for other requests, so it allocates nothing.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "Pooled for as long as the process runs, and a source without a timer holds nothing.")]
internal sealed class Attempt
{
    private static readonly Action<object?> BreakOffCallback = static self => ((Attempt)self!).BreakOff();

    private readonly CancellationTokenSource _ending = new();
    private int _state;
    private bool _isRetry;
    private TimeSpan? _timeout;

    private enum State
    {
        Waiting,
        Answered,
        BrokenOff,
    }

    public CancellationToken Token => _ending.Token;

    public LiveDestination? Destination { get; private set; }

    /// <summary>Whether it became a connection of its own, which is counted apart.</summary>
    public bool IsUpgraded { get; private set; }

    /// <summary>Timestamp of the answer's head; null before.</summary>
    public long? AnsweredAt { get; private set; }

    /// <summary>Timestamp of the last time that more of the body had come from the client after a wait; null where nothing was waited for.</summary>
    public long? ClientSentAt { get; private set; }

    public bool WasBrokenOff => Volatile.Read(ref _state) == (int)State.BrokenOff;

    /// <summary>Whether it was its own limit, and not the client or YARP's, that ended it.</summary>
    public bool RanOutOfTime => _ending.IsCancellationRequested && Volatile.Read(ref _state) == (int)State.Waiting;

    /// <summary>Starts at a destination. Dispose of the result before the next one.</summary>
    /// <param name="destination">Who is asked.</param>
    /// <param name="mayBreakOff">Whether it can be made elsewhere.</param>
    /// <param name="timeout">How long the answer's head may take; time in which the client is waited for does not count.</param>
    /// <param name="isRetry">Whether it takes of its pool's budget, until it is answered.</param>
    public CancellationTokenRegistration Begin(LiveDestination destination, bool mayBreakOff, TimeSpan? timeout, bool isRetry)
    {
        _isRetry = isRetry;
        (Destination, AnsweredAt, ClientSentAt, IsUpgraded, _state) = (destination, null, null, false, (int)State.Waiting);
        _timeout = timeout;
        if (timeout is { } limit)
        {
            _ending.CancelAfter(limit);
        }

        return mayBreakOff ? destination.Ended.UnsafeRegister(BreakOffCallback, this) : default;
    }

    /// <summary>The rest of the body has yet to come from the client: no replica can answer before it has.</summary>
    public void AwaitClient()
    {
        if (_timeout is not null && Volatile.Read(ref _state) == (int)State.Waiting)
        {
            _ending.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>More of the body is there: the replica has the whole time to answer again.</summary>
    public void ClientSent(long now)
    {
        ClientSentAt = now;
        if (_timeout is { } limit && Volatile.Read(ref _state) == (int)State.Waiting)
        {
            _ending.CancelAfter(limit);
            if (Volatile.Read(ref _state) != (int)State.Waiting)
            {
                _ending.CancelAfter(Timeout.InfiniteTimeSpan); // answered meanwhile
            }
        }
    }

    /// <summary>The head of an answer is there: from now on it is left alone.</summary>
    /// <exception cref="OperationCanceledException">It came too late.</exception>
    public void Answer(long now)
    {
        if (Interlocked.CompareExchange(ref _state, (int)State.Answered, (int)State.Waiting) == (int)State.Waiting)
        {
            AnsweredAt = now;
            LeaveBudget();
            _ending.CancelAfter(Timeout.InfiniteTimeSpan);
            if (!_ending.IsCancellationRequested)
            {
                return;
            }

            Volatile.Write(ref _state, (int)State.Waiting);
        }

        throw new OperationCanceledException(_ending.Token);
    }

    /// <summary>The answer is that the connection is used otherwise from now on.</summary>
    public void Upgrade()
    {
        IsUpgraded = true;
        Destination!.Upgrade();
    }

    /// <summary>Leaves the destination.</summary>
    public void End()
    {
        LeaveBudget();
        if (IsUpgraded)
        {
            Destination!.LeaveUpgraded();
        }
        else
        {
            Destination!.Leave();
        }
    }

    /// <summary>Ends it whatever its state, as when a connection is cut.</summary>
    public void Cut() => _ending.Cancel();

    /// <summary>Makes it as new; false when it cannot be used again.</summary>
    public bool TryReset()
    {
        Destination = null;
        return _ending.TryReset();
    }

    private void LeaveBudget()
    {
        if (_isRetry)
        {
            _isRetry = false;
            Destination!.Pool.Budget.Leave();
        }
    }

    private void BreakOff()
    {
        if (Interlocked.CompareExchange(ref _state, (int)State.BrokenOff, (int)State.Waiting) == (int)State.Waiting)
        {
            _ending.Cancel();
        }
    }
}
