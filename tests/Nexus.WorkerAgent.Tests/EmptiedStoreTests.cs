using Nexus.Api.State;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What an agent does when Consul holds another store than the one that assigned what runs.</summary>
public sealed class EmptiedStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_runs_is_kept_reported_whole_and_taken_over_by_an_assignment_that_mentions_it(bool restarts)
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        await IdentifyAsync(agent, "old");
        var assigned = Templates.Assign(agent.Node, 57, 9, new Wanted("web-1", Templates.Web()), new Wanted("web-2", Templates.Web())) with { Store = "old" };
        await agent.AssignAsync(assigned);
        await agent.RunningAsync("web-1");
        await agent.RunningAsync("web-2");
        var pids = (await agent.PidAsync("web-1"), await agent.PidAsync("web-2"));

        await own.RestartEmptyAsync(Token);
        if (restarts)
        {
            await agent.LeaveAsync();
            await agent.RunAsync();
        }

        var report = await agent.ReportedAsync("what it keeps", o => o is { Store: "old", Kept.Templates.Length: 1 });
        Assert.Equal(["web-1", "web-2"], report.Kept!.Allocations.Select(a => a.Id.Value));
        await agent.InstancesAsync("web", 2);

        // A leader that does not know yet what runs here stops nothing of it, whatever its epoch.
        await IdentifyAsync(agent, "new");
        await agent.AssignAsync(Templates.Assign(agent.Node, 99, 1, new Wanted("web-3", Templates.Web())) with { Store = "new" });
        await agent.EventAsync("AssignmentRefused", text: "web-1, web-2");
        Assert.Equal(pids, (await agent.PidAsync("web-1"), await agent.PidAsync("web-2")));

        await agent.AssignAsync(assigned with { Store = "new", Epoch = 1, Generation = 2 });
        await agent.ReportedAsync("the new orders", o => o is { Store: "new", Kept: null, Epoch: 1, Generation: 2 });
        await agent.RunningAsync("web-1");
        Assert.Equal(pids, (await agent.PidAsync("web-1"), await agent.PidAsync("web-2")));
    }

    [Fact]
    public async Task A_machine_moved_to_a_cluster_of_another_name_does_not_join_with_its_containers()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        await IdentifyAsync(agent, "old", "alpha");
        await agent.AssignAsync(Templates.Assign(agent.Node, 1, 1, new Wanted("web-1", Templates.Web())) with { Store = "old", Cluster = "alpha" });
        await agent.RunningAsync("web-1");
        var pid = await agent.PidAsync("web-1");
        await agent.LeaveAsync();

        await own.RestartEmptyAsync(Token);
        await IdentifyAsync(agent, "other", "beta");
        await agent.RunAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!agent.Logs.Contains("the node does not join"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        Assert.Equal(pid, await agent.PidAsync("web-1"));
        Assert.Empty((await agent.Consul.Health.ServiceAsync("web", passingOnly: false, Token)).Value);
        Assert.Empty((await agent.Consul.Health.ServiceAsync(CatalogNames.Worker, passingOnly: false, Token)).Value);
    }

    private static Task IdentifyAsync(TestAgent agent, string store, string? name = null) => agent.Consul.Kv.PutAsync(
        StateKeys.Cluster, StateJson.Write(new ClusterIdentity { Id = store, Name = name }, StateJson.Default.ClusterIdentity), Token);
}
