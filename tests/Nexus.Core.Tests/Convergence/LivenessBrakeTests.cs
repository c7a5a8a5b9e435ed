using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using static Nexus.Core.Convergence.SickKind;

namespace Nexus.Core.Tests.Convergence;

public sealed class LivenessBrakeTests
{
    public static TheoryData<string, SickKind, int, PoolCensus?, bool> Cases => new()
    {
        { "one hangs, the others pass", Silent, 0, new PoolCensus(2, 2), true },
        { "one answers wrongly, the others pass", WrongAnswer, 0, new PoolCensus(2, 2), true },
        { "one of two", WrongAnswer, 0, new PoolCensus(1, 1), true },
        { "half of four", WrongAnswer, 0, new PoolCensus(3, 2), true },
        { "more than half of four", WrongAnswer, 0, new PoolCensus(3, 1), false },
        { "two of three: the check is the suspect", Silent, 0, new PoolCensus(2, 1), false },
        { "the app's health answers 500 everywhere", WrongAnswer, 0, new PoolCensus(4, 0), false },
        { "and goes on to: they may serve all the same", WrongAnswer, 100_000, new PoolCensus(4, 0), false },
        { "all hang: for a moment that may have one cause", Silent, 119, new PoolCensus(2, 0), false },
        { "all hang for long: nothing is lost", Silent, 120, new PoolCensus(2, 0), true },
        { "the only one hangs", Silent, 0, new PoolCensus(0, 0), true },
        { "the only one is dead to the world", Unreachable, 0, new PoolCensus(0, 0), true },
        { "the only one answers wrongly: it gets time", WrongAnswer, 29, new PoolCensus(0, 0), false },
        { "but not for ever", WrongAnswer, 30, new PoolCensus(0, 0), true },
        { "who the others are is not known, and it hangs", Silent, 0, null, true },
        { "who the others are is not known, and it answers", WrongAnswer, 100_000, null, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judge_spares_a_pool_whose_check_broke(string because, SickKind kind, int seconds, PoolCensus? census, bool kills)
    {
        var verdict = LivenessBrake.Judge(kind, TimeSpan.FromSeconds(seconds), census);

        Assert.True(verdict.MayKill == kills, $"{because}: {verdict}");
        Assert.Equal(kills, verdict.Words.Length == 0);
    }

    [Fact]
    public void After_turns_the_verdict_only_after_enough_in_a_row()
    {
        var health = new HealthSpec { UnhealthyThreshold = 2, HealthyThreshold = 3 };
        var streak = new ProbeStreak(Passing: true, 0);
        var verdicts = "-+--+-++-+++".Select(result => (streak = streak.After(result == '+', health)).Passing ? '+' : '-');

        Assert.Equal("+++--------+", string.Concat(verdicts));
    }
}
