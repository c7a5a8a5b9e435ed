using System.Collections.Concurrent;
using Nexus.Core.Routing;

namespace Nexus.Gateway.Live;

/// <summary>
/// Keeps the retries of a pool within a part of its requests, so that a pool that fails as a whole is not asked several times as
/// much. Who finds it used up waits a moment: the requests of one crashed replica come back at once, and are soon done elsewhere.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    // Who was at a replica that is taken out was not served there and burdens nobody twice: it waits as long as it takes those
    // before it to be served. All others are told soon.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<TaskCompletionSource> _waiting = new();
    private int _requests;
    private int _retries;

    public void BeginRequest() => Interlocked.Increment(ref _requests);

    public void EndRequest() => Interlocked.Decrement(ref _requests);

    /// <summary>Takes one retry; false when there was none to be had in time. True must be given back.</summary>
    /// <param name="percent">Most retries at once, in percent of the requests.</param>
    /// <param name="failed">How the attempt before ended.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public async ValueTask<bool> EnterAsync(int percent, AttemptOutcome failed, CancellationToken cancellationToken)
    {
        if (TryEnter(percent))
        {
            return true;
        }

        var patience = failed == AttemptOutcome.BrokenOff ? LongPatience : Patience;
        var started = time.GetTimestamp();
        while (true)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            if (TryEnter(percent))
            {
                GiveUp(turn);
                return true;
            }

            try
            {
                var left = patience - time.GetElapsedTime(started);
                await turn.Task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                GiveUp(turn);
                return false;
            }

            if (TryEnter(percent))
            {
                return true;
            }
        }
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _retries);
        CallNext();
    }

    /// <summary>Whoever does not need its turn any more must not swallow the call: then nobody might ever be called again.</summary>
    private void GiveUp(TaskCompletionSource turn)
    {
        if (!turn.TrySetCanceled(CancellationToken.None))
        {
            CallNext();
        }
    }

    private void CallNext()
    {
        while (_waiting.TryDequeue(out var next) && !next.TrySetResult())
        {
            // That one had given up.
        }
    }

    private bool TryEnter(int percent)
    {
        var allowed = RetryRules.Budget(Volatile.Read(ref _requests), percent);
        while (Volatile.Read(ref _retries) is var now && now < allowed)
        {
            if (Interlocked.CompareExchange(ref _retries, now + 1, now) == now)
            {
                return true;
            }
        }

        return false;
    }
}
