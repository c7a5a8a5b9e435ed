using Nexus.Core.Routing;

namespace Nexus.Gateway.Live;

/// <summary>Counts what went wrong in a row at one destination. Costs two reads while all is well.</summary>
internal sealed class StreakCounter
{
    private int _timeouts;
    private int _badAnswers;

    /// <summary>Takes in one attempt; why it ejects, or null.</summary>
    public EjectionReason? Count(AttemptOutcome outcome, bool isBadAnswer)
    {
        if (outcome == AttemptOutcome.TimedOut)
        {
            return Interlocked.Increment(ref _timeouts) >= EjectionLimits.Timeouts ? EjectionReason.TimedOut : null;
        }

        if (outcome is not (AttemptOutcome.Answered or AttemptOutcome.InvalidAnswer))
        {
            return null;
        }

        Clear(ref _timeouts);
        if (isBadAnswer || outcome == AttemptOutcome.InvalidAnswer)
        {
            return Interlocked.Increment(ref _badAnswers) >= EjectionLimits.BadAnswers ? EjectionReason.BadAnswers : null;
        }

        Clear(ref _badAnswers);
        return null;
    }

    private static void Clear(ref int count)
    {
        if (Volatile.Read(ref count) != 0)
        {
            Volatile.Write(ref count, 0);
        }
    }
}
