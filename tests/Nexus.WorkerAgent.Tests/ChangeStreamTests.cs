using Nexus.Api.V1;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What the agent pushes to who listens.</summary>
public sealed class ChangeStreamTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_hears_what_serves_then_each_change_as_it_happens()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("push-1", Templates.Web()));
        var seen = await agent.RunningAsync("push-1");

        await using var stream = await ChangeStream.OpenAsync(agent);
        var first = await stream.NextAsync("push-1");
        Assert.Equal((AllocationChangeKind.Serving, 0, "127.0.0.1", seen.Port), (first.Kind, first.Attempt, first.Address, first.Port));
        Assert.Equal((agent.Node.Value, "push"), (first.Node, first.Pool));

        Signals.Kill(await agent.PidAsync("push-1"));
        var gone = await stream.NextAsync("push-1");
        Assert.Equal((AllocationChangeKind.Gone, 0, null, null), (gone.Kind, gone.Attempt, gone.Address, gone.Port));
        var again = await stream.NextAsync("push-1");
        Assert.Equal((AllocationChangeKind.Serving, 1), (again.Kind, again.Attempt));

        await agent.AssignAsync(1, 2, new Wanted("push-1", Templates.Web(), DesiredStatus.Stop));
        Assert.Equal(AllocationChangeKind.Draining, (await stream.NextAsync("push-1")).Kind);
        Assert.Equal(AllocationChangeKind.Gone, (await stream.NextAsync("push-1")).Kind);
    }

    [Fact]
    public async Task A_death_is_told_also_while_Consul_is_away()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        await agent.AssignAsync(1, 1, new Wanted("push-1", Templates.Web()));
        await agent.RunningAsync("push-1");
        await using var stream = await ChangeStream.OpenAsync(agent);
        await stream.NextAsync("push-1");

        await own.KillAsync();
        Signals.Kill(await agent.PidAsync("push-1"));

        Assert.Equal(AllocationChangeKind.Gone, (await stream.NextAsync("push-1")).Kind);
        Assert.Equal(AllocationChangeKind.Serving, (await stream.NextAsync("push-1")).Kind);
        await own.RestartAsync(Token);
    }

    [Fact]
    public async Task A_listener_does_not_hold_up_the_end_of_the_agent()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("push-1", Templates.Web() with { Health = new HealthSpec { Type = HealthCheckType.None } }));
        await agent.RunningAsync("push-1");
        await using var stream = await ChangeStream.OpenAsync(agent);
        await stream.NextAsync("push-1");

        await agent.LeaveAsync().WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
    }
}
