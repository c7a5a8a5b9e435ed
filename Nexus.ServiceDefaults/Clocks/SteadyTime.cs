namespace Nexus.ServiceDefaults.Clocks;

/// <summary>
/// A clock that never steps: the wall clock at the start plus the monotonic time since. Every deadline, delay and window of a
/// process is computed with it, so setting the machine's clock moves none of them. Times for people and for other programs come
/// from <see cref="ClockExtensions.GetWallNow"/>.
/// </summary>
/// <param name="wall">The machine's clock.</param>
public sealed class SteadyTime(TimeProvider wall) : TimeProvider
{
    private readonly DateTimeOffset _startedAt = wall.GetUtcNow();
    private readonly long _started = wall.GetTimestamp();

    /// <summary>The machine's clock, as it is set.</summary>
    public TimeProvider Wall => wall;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => wall.TimestampFrequency;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _startedAt + wall.GetElapsedTime(_started);

    /// <inheritdoc/>
    public override long GetTimestamp() => wall.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        wall.CreateTimer(callback, state, dueTime, period);
}

/// <summary>The machine's clock behind a <see cref="TimeProvider"/>.</summary>
public static class ClockExtensions
{
    /// <summary>The machine's clock: <see cref="SteadyTime.Wall"/>, or the provider itself where it is not steady.</summary>
    public static TimeProvider GetWall(this TimeProvider time) => time is SteadyTime steady ? steady.Wall : time;

    /// <summary>The time as the machine's clock is set now: for events, logs and whatever people or other programs read.</summary>
    public static DateTimeOffset GetWallNow(this TimeProvider time) => time.GetWall().GetUtcNow();
}
