namespace Nexus.Dashboard.Telemetry;

/// <summary>Nanoseconds since 1970, as the protocol counts; ours has steps of a hundred.</summary>
internal static class Times
{
    private const long NanosecondsPerTick = 100;
    private static readonly long MaxTicks = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks;

    public static DateTimeOffset At(ulong unixNanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks((long)Math.Min(unixNanoseconds / NanosecondsPerTick, (ulong)MaxTicks));

    /// <summary>Zero where the end lies before the start.</summary>
    public static TimeSpan Between(ulong start, ulong end) => end > start ? At(end) - At(start) : TimeSpan.Zero;
}
