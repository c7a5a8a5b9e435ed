using Microsoft.Extensions.Time.Testing;
using Nexus.ServiceDefaults.Loops;

namespace Nexus.ServiceDefaults.Tests;

public sealed class LoopHeartbeatsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LoopHeartbeats _heartbeats;

    public LoopHeartbeatsTests() => _heartbeats = new LoopHeartbeats(_time);

    [Fact]
    public void FindStale_names_only_the_loops_past_their_own_limit()
    {
        using var slow = _heartbeats.Register("slow", TimeSpan.FromSeconds(60));
        using var quick = _heartbeats.Register("quick", TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(_heartbeats.FindStale());
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal("quick", Assert.Single(_heartbeats.FindStale()).Name);
    }

    [Fact]
    public void Beat_makes_a_stale_loop_alive()
    {
        using var loop = _heartbeats.Register("loop", TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(6));

        loop.Beat();

        Assert.Empty(_heartbeats.FindStale());
    }

    [Fact]
    public void Dispose_takes_out_this_loop_and_not_its_namesake()
    {
        var first = _heartbeats.Register("loop", TimeSpan.FromSeconds(5));
        using var second = _heartbeats.Register("loop", TimeSpan.FromSeconds(7));
        _time.Advance(TimeSpan.FromMinutes(1));

        first.Dispose();

        Assert.Equal(TimeSpan.FromSeconds(7), Assert.Single(_heartbeats.FindStale()).Limit);
    }
}
