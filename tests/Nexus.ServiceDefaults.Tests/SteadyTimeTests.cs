using Nexus.ServiceDefaults.Clocks;

namespace Nexus.ServiceDefaults.Tests;

public sealed class SteadyTimeTests
{
    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void A_clock_that_is_set_moves_no_deadline(int seconds)
    {
        var machine = new SettableClock();
        var steady = new SteadyTime(machine);
        var before = steady.GetUtcNow();

        machine.Set(TimeSpan.FromSeconds(seconds));
        machine.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(TimeSpan.FromSeconds(10), steady.GetUtcNow() - before);
        Assert.Equal(before + TimeSpan.FromSeconds(10 + seconds), steady.GetWallNow());
    }

    [Fact]
    public void Without_a_steady_clock_the_wall_is_the_provider_itself()
    {
        var machine = new SettableClock();

        Assert.Same(machine, machine.GetWall());
        Assert.Same(machine, new SteadyTime(machine).GetWall());
    }

    private sealed class SettableClock : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _set;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Set(TimeSpan by) => _set += by;

        public void Pass(TimeSpan time) => _passed += time;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _passed + _set;

        public override long GetTimestamp() => _passed.Ticks;
    }
}
