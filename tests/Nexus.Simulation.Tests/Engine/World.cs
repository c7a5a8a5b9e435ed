namespace Nexus.Simulation.Tests.Engine;

/// <summary>
/// Time and everything that happens in it. One event at a time; what it sets off runs to its end on the pool's only worker
/// before the next. Nothing here or in the loops under test waits for real time, so hours pass in seconds.
/// </summary>
internal sealed class World(Trace trace)
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Far beyond what a cluster of this size does: whatever reaches it waits for nothing any more.
    private static readonly TimeSpan MostRestless = TimeSpan.FromSeconds(20);
    private const int MostInSecond = 50_000;

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PumpItem _pump = new();
    private long _order;
    private long _restless;
    private long _restlessSince;
    private long _second;
    private long _inSecond;
    private int _processes;
    private long _end = long.MaxValue;

    public Trace Trace => trace;

    public long Ticks { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks);

    public DateTimeOffset UtcNow => Epoch + Elapsed;

    public long Events { get; private set; }

    /// <summary>Runs after every event, when all that followed from it has come to rest.</summary>
    public Action? AfterEach { get; set; }

    public int NextProcess() => ++_processes;

    /// <summary>Has something happen later. Time moves in whole milliseconds, as .NET's own timers do.</summary>
    public void After(TimeSpan delay, Action happens)
    {
        var milliseconds = Math.Max(0, (long)Math.Ceiling(delay.TotalMilliseconds));
        _events.Enqueue(happens, (Ticks + (milliseconds * TimeSpan.TicksPerMillisecond), _order++));
    }

    public void Log(string who, string what) => trace.Write(Elapsed, who, what);

    /// <summary>Ends the run after the present event.</summary>
    public void End() => _end = Ticks;

    public void Fail(Exception e)
    {
        _ended.TrySetException(e);
        _end = -1;
    }

    /// <summary>Runs until <paramref name="end"/>, <see cref="End"/>, or the first exception.</summary>
    public Task RunAsync(TimeSpan end)
    {
        After(end, End);
        _pump.Step = Step;
        ThreadPool.UnsafeQueueUserWorkItem(_pump, preferLocal: false);
        return _ended.Task;
    }

    private void Step()
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        if (ThreadPool.PendingWorkItemCount > 0)
        {
            // The test framework queues work of its own, in bursts at its start: only time tells it from a loop that never waits.
            _restlessSince = _restless++ == 0 ? TimeProvider.System.GetTimestamp() : _restlessSince;
            if (_restless % 4096 == 0 && TimeProvider.System.GetElapsedTime(_restlessSince) > MostRestless)
            {
                Fail(new RestlessException($"At {Elapsed} something runs on and on without waiting for anything."));
                return;
            }

            // What the last event set off comes first.
            ThreadPool.UnsafeQueueUserWorkItem(_pump, preferLocal: false);
            return;
        }

        try
        {
            AfterEach?.Invoke();
            if (Ticks >= _end || !_events.TryDequeue(out var happens, out var when))
            {
                _ended.TrySetResult();
                return;
            }

            _restless = 0;
            if (when.At - _second >= TimeSpan.TicksPerSecond)
            {
                (_second, _inSecond) = (when.At, 0);
            }

            if (++_inSecond > MostInSecond)
            {
                throw new RestlessException($"At {Elapsed} more than {MostInSecond} things happen within a second.");
            }

            Ticks = when.At;
            Events++;
            happens();
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(_pump, preferLocal: false);
    }

    private sealed class PumpItem : IThreadPoolWorkItem
    {
        public Action Step { get; set; } = static () => { };

        public void Execute() => Step();
    }
}

/// <summary>Something runs without ever waiting.</summary>
internal sealed class RestlessException(string message) : Exception(message);
