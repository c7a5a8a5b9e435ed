namespace Nexus.Cli.Drills.Load;

/// <summary>
/// When each request of a stream is due: evenly spaced, decided before anything is sent and never by how fast answers come
/// (open loop). Pure, and free of drift: request n is due at n / rate, whatever was late before it.
/// </summary>
/// <param name="PerSecond">Requests a second, from 1.</param>
internal readonly record struct LoadSchedule(int PerSecond)
{
    /// <summary>How long after the start request <paramref name="number"/>, from zero, is due.</summary>
    public TimeSpan DueAt(long number) =>
        TimeSpan.FromTicks((number / PerSecond * TimeSpan.TicksPerSecond) + (number % PerSecond * TimeSpan.TicksPerSecond / PerSecond));

    /// <summary>How many requests are due once <paramref name="elapsed"/> has passed, that of the start included.</summary>
    public long DueBy(TimeSpan elapsed)
    {
        if (elapsed < TimeSpan.Zero)
        {
            return 0;
        }

        var guess = ((long)(elapsed.TotalSeconds * PerSecond)) + 1;
        while (DueAt(guess) <= elapsed)
        {
            guess++;
        }

        while (guess > 0 && DueAt(guess - 1) > elapsed)
        {
            guess--;
        }

        return guess;
    }
}
