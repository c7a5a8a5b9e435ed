using System.Diagnostics;
using Nexus.Api.V1;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Replicas kept paused, on real Consul and real processes.</summary>
public sealed class StandbyTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_standby_is_proven_paused_kept_over_a_restart_and_woken_when_the_leader_says_so()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("warm-1", Templates.Web(), DesiredStatus.Standby));
        await agent.ReportedAsync("warm-1", "paused", a => a.Phase == AllocationPhase.Paused);
        var pid = await agent.PidAsync("warm-1");
        await agent.InstancesAsync("warm", 0);
        await Signals.IsStoppedAsync(pid, stopped: true, Token);

        await agent.LeaveAsync();
        await agent.RunAsync();
        await agent.ReportedAsync("warm-1", "paused still", a => a is { Phase: AllocationPhase.Paused, Attempt: 0 });
        Assert.Equal(pid, await agent.PidAsync("warm-1"));

        await using var stream = await ChangeStream.OpenAsync(agent);
        await agent.AssignAsync(1, 2, new Wanted("warm-1", Templates.Web()));
        Assert.Equal(AllocationChangeKind.Serving, (await stream.NextAsync("warm-1")).Kind);
        await agent.ServiceAsync("warm", "registered", _ => true);
        Assert.Equal(pid, await agent.PidAsync("warm-1"));

        await agent.AssignAsync(1, 3, new Wanted("warm-1", Templates.Web(), DesiredStatus.Standby));
        Assert.Equal(AllocationChangeKind.Draining, (await stream.NextAsync("warm-1")).Kind);
        await agent.ReportedAsync("warm-1", "paused again", a => a.Phase == AllocationPhase.Paused);
        Assert.Equal(pid, await agent.PidAsync("warm-1"));
        await agent.InstancesAsync("warm", 0);

        await agent.AssignAsync(1, 4, new Wanted("warm-1", Templates.Web(), DesiredStatus.Stop));
        await agent.ReportedAsync("warm-1", "stopped", a => a.Phase == AllocationPhase.Stopped);
        Assert.False(Signals.IsAlive(pid));
    }

    [Fact]
    public async Task A_standby_stands_in_for_a_crash_without_any_leader()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("spare-1", Templates.Web()), new Wanted("spare-2", Templates.Web(), DesiredStatus.Standby));
        await agent.RunningAsync("spare-1");
        await agent.ReportedAsync("spare-2", "paused", a => a.Phase == AllocationPhase.Paused);
        await using var stream = await ChangeStream.OpenAsync(agent);

        var killed = Stopwatch.GetTimestamp();
        Signals.Kill(await agent.PidAsync("spare-1"));
        await stream.NextAsync("spare-2", AllocationChangeKind.Serving);
        var after = Stopwatch.GetElapsedTime(killed);
        await agent.RunningAsync("spare-1", restarts: 1);
        await agent.ReportedAsync("spare-2", "still serving", a => a is { Phase: AllocationPhase.Running, Healthy: true });

        // The leader swaps them: what was restarted goes to sleep.
        await agent.AssignAsync(1, 2, new Wanted("spare-1", Templates.Web(), DesiredStatus.Standby), new Wanted("spare-2", Templates.Web()));
        await agent.ReportedAsync("spare-1", "paused", a => a is { Phase: AllocationPhase.Paused, Attempt: 1 });
        await agent.ReportedAsync("spare-2", "serving", a => a is { Phase: AllocationPhase.Running, Attempt: 0 });
        Assert.True(after < TimeSpan.FromSeconds(3), $"it took {after}");
        await agent.EventAsync("AllocationWoken", "spare-2", "stand in");
    }

    [Fact]
    public async Task A_standby_stands_in_for_a_crash_on_a_node_that_it_watches()
    {
        await using var theirs = await TestAgent.StartAsync(consul.Server.Address);
        await using var ours = await TestAgent.StartAsync(consul.Server.Address);
        var web = Templates.Web();
        await theirs.AssignAsync(1, 1, new Wanted("far-1", web), new Wanted("far-3", web));
        await theirs.RunningAsync("far-1");
        await theirs.RunningAsync("far-3");
        var assigned = Templates.Assign(ours.Node, 1, 1, [new Wanted("far-2", web, DesiredStatus.Standby)]);
        var standby = assigned.Allocations[0];
        await ours.AssignAsync(assigned with { Watches = [new PeerWatch(standby.Pool, standby.Revision, theirs.Node, theirs.Api.ToString())] });
        await ours.ReportedAsync("far-2", "paused", a => a.Phase == AllocationPhase.Paused);
        await ours.WatchingAsync(theirs);

        // One that is stopped on purpose drains first, and needs nobody.
        await theirs.AssignAsync(1, 2, new Wanted("far-1", web), new Wanted("far-3", web, DesiredStatus.Stop));
        await theirs.ReportedAsync("far-3", "stopped", a => a.Phase == AllocationPhase.Stopped);
        await using var stream = await ChangeStream.OpenAsync(ours);
        Signals.Kill(await theirs.PidAsync("far-1"));

        await stream.NextAsync("far-2", AllocationChangeKind.Serving);
        await ours.EventAsync("AllocationWoken", "far-2", "stand in");
        await theirs.RunningAsync("far-1", restarts: 1);
    }
}
