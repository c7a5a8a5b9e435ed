using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Core.State;
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
        var lease = new LeaderLease(Options.Create(new OrchestratorOptions { LeaseTtl = TimeSpan.FromSeconds(10) }), _time);
        lease.Renewed(_time.GetTimestamp());
        lease.Take(new LeaderToken("s", 3));

        _time.Advance(TimeSpan.FromSeconds(7.9));
        Assert.Equal(3ul, lease.Current?.Epoch);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(lease.Current);

        lease.Renewed(_time.GetTimestamp());
        Assert.NotNull(lease.Current);
        lease.Drop();
        Assert.Null(lease.Current);
    }

    [Fact]
    public void A_node_never_seen_answering_is_lost_only_after_the_full_silence()
    {
        var tracker = new NodeTracker(Options.Create(new OrchestratorOptions { NodeLostAfter = TimeSpan.FromSeconds(15) }), _time);

        Assert.Equal(NodeStatus.Unknown, Look(tracker).Status);
        _time.Advance(TimeSpan.FromSeconds(14));
        var (status, next) = Look(tracker);
        Assert.Equal(NodeStatus.Unknown, status);
        Assert.Equal(TimeSpan.FromSeconds(1), next);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(NodeStatus.Lost, Look(tracker).Status);
        Assert.Equal(NodeStatus.Ready, Look(tracker, "n1").Status);
        Assert.Equal(NodeStatus.Suspect, Look(tracker).Status);
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

    private static (NodeStatus Status, TimeSpan? Next) Look(NodeTracker tracker, params string[] answering)
    {
        var (statuses, next) = tracker.Look(["n1"], answering.ToHashSet(StringComparer.Ordinal));
        return (statuses["n1"], next);
    }
}
