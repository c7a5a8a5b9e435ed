namespace Nexus.Simulation.Tests.Engine;

/// <summary>The clock of one process: its machine's, which may be wrong and may be set; its timers wait while it is stopped and never fire once it is dead.</summary>
internal sealed class ProcessClock(SimProcess process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => process.World.UtcNow + process.Machine.ClockAhead;

    public override long GetTimestamp() => process.World.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        private long _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var generation = ++_generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                process.World.After(dueTime, () => process.Deliver(() => Fire(generation, period)));
            }

            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(long generation, TimeSpan period)
        {
            if (generation != _generation)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                process.World.After(period, () => process.Deliver(() => Fire(generation, period)));
            }

            callback(state);
        }
    }
}
