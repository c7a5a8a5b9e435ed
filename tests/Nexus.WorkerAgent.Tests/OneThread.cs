using System.Collections.Concurrent;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Runs what is awaited on one thread, when the test says so: after <see cref="RunAll"/> nothing is left to run but by time.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _queue = new();

    public override void Post(SendOrPostCallback d, object? state) => _queue.Enqueue((d, state));

    /// <summary>Begins something on this thread.</summary>
    public T Begin<T>(Func<T> begin)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            return begin();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs what waits to be run, and what that leads to.</summary>
    public void RunAll() => Begin(() =>
    {
        while (_queue.TryDequeue(out var next))
        {
            next.Callback(next.State);
        }

        return true;
    });
}
