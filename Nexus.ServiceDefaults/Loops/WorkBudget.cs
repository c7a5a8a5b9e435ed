namespace Nexus.ServiceDefaults.Loops;

/// <summary>
/// How long a loop rests between passes: not at all for a short burst, for what is urgent comes alone; then, while changes go on
/// and on, for as long as it worked, so that on a busy machine many of them share one pass. Used by one loop.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class WorkBudget(TimeProvider time)
{
    private const int RefillShare = 4; // a quarter of the time that passes
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(500);
    private TimeSpan _left = Burst;
    private long _at = time.GetTimestamp();

    /// <summary>The rest after a pass.</summary>
    /// <param name="worked">How long the pass took.</param>
    public TimeSpan RestAfter(TimeSpan worked)
    {
        var now = time.GetTimestamp();
        var refilled = _left + (time.GetElapsedTime(_at, now) / RefillShare);
        _at = now;
        _left = (refilled < Burst ? refilled : Burst) - worked;
        if (_left >= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        _left = TimeSpan.Zero;
        return worked < Burst ? worked : Burst;
    }
}
