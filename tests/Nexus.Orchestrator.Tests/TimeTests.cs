using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.Tests;

/// <summary>What hangs on the clock, with a clock of our own.</summary>
public sealed class TimeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_lease_ends_before_its_TTL_without_asking_anyone()
    {
        var lapses = 0;
        var lease = new LeaderLease(Options.Create(new OrchestratorOptions { LeaseTtl = TimeSpan.FromSeconds(10) }), _time);
        lease.Renewed(_time.GetTimestamp());
        lease.Take(new LeaderToken("s", 3), () => lapses++);

        _time.Advance(TimeSpan.FromSeconds(7.9));
        Assert.Equal(3ul, lease.Current?.Epoch);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(lease.Current);

        lease.Renewed(_time.GetTimestamp());
        Assert.Null(lease.Current);
        Assert.Equal(1, lapses);
        lease.Take(new LeaderToken("s", 3), () => lapses++);
        Assert.Equal(3ul, lease.Current?.Epoch);
        lease.Drop();
        Assert.Null(lease.Current);
        _time.Advance(TimeSpan.FromSeconds(9));
        lease.Renewed(_time.GetTimestamp());
        Assert.Equal(1, lapses);
    }

    [Fact]
    public async Task A_signal_given_before_the_wait_is_not_lost_and_two_are_one()
    {
        var wake = new WakeSignal(_time);
        wake.Set();
        wake.Set();
        await wake.WaitAsync(TimeSpan.FromHours(1), TestContext.Current.CancellationToken);

        var second = wake.WaitAsync(TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromHours(1));
        await second;
    }
}
