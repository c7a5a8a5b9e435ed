namespace Nexus.Cli.Drills.Load;

/// <summary>
/// Sends one stream of requests, each when it is due, however many are still unanswered (up to a bound, beyond which a request
/// counts as failed rather than as late: latency is counted from when it was due, so nothing is hidden by waiting).
/// </summary>
internal sealed class LoadStream(
    LoadSchedule schedule, Func<Task<Failure?>> send, int limit, Func<LoadWindow> window, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private int _open;

    /// <summary>Sends until cancelled. What is under way then is left to its windows.</summary>
    public async Task RunAsync(long startedAt, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        var sent = 0L;
        try
        {
            do
            {
                for (var due = schedule.DueBy(time.GetElapsedTime(startedAt)); sent < due; sent++)
                {
                    Launch(startedAt, schedule.DueAt(sent));
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Asked to stop; the requests under way are waited for by their windows.
        }
    }

    private void Launch(long startedAt, TimeSpan due)
    {
        var own = window();
        while (!own.TryBegin(time.GetElapsedTime(startedAt) - due))
        {
            own = window();
        }

        if (Interlocked.Increment(ref _open) > limit)
        {
            Interlocked.Decrement(ref _open);
            own.End(due, TimeSpan.Zero, new Failure(Failure.Unsent, $"{limit} requests were unanswered"));
            return;
        }

        // Owned by its window, which waits for its end.
        _ = SendAsync(startedAt, due, own);
    }

    private async Task SendAsync(long startedAt, TimeSpan due, LoadWindow own)
    {
        Failure? failure = null;
        try
        {
            failure = await send();
        }
        catch (Exception unforeseen)
        {
            failure = Failure.Of(unforeseen);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            own.End(due, time.GetElapsedTime(startedAt) - due, failure);
        }
    }
}
