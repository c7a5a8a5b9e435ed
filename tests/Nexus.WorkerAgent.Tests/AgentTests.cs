using System.Diagnostics;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>The agent on real Consul and real processes.</summary>
public sealed class AgentTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_describes_itself_and_its_check_passes()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, new() { ["Worker:Labels:zone"] = "a", ["Worker:CpuMillicores"] = "1500" });

        await agent.ServiceAsync(CatalogNames.Worker, "passing", e => e.AggregatedStatus == CheckStatus.Passing);
        var pair = await agent.Consul.Kv.GetAsync(StateKeys.Node(agent.Node), Token);
        var record = StateJson.Read("node", pair!.Value, StateJson.Default.NodeRecord);

        Assert.Equal(RuntimeKind.Process, record.Runtime);
        Assert.Equal(1500, record.Capacity.CpuMillicores);
        Assert.Equal("a", record.Labels["zone"]);
        Assert.Equal(consul.Server.NodeName, record.ConsulNode);
        Assert.Equal(agent.Api, new Uri(record.ApiAddress));
    }

    [Fact]
    public async Task An_assigned_replica_is_started_registered_and_reported()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("web-1", Templates.Web()));

        var seen = await agent.RunningAsync("web-1");
        var service = await agent.ServiceAsync("web", "passing", e => e.AggregatedStatus == CheckStatus.Passing);

        Assert.Equal(seen.Port, service.Service.Port);
        Assert.Equal("web-1", service.Service.Meta[CatalogNames.MetaAllocation]);
        Assert.Equal("0", service.Service.Meta[CatalogNames.MetaAttempt]);
        Assert.NotNull(seen.HealthySince);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{seen.Port}/"), Token);
        Assert.True((int)answer.StatusCode < 500);
        await agent.EventAsync("AllocationStarted", "web-1");
        await agent.EventAsync("AllocationHealthy", "web-1");
    }

    [Fact]
    public async Task A_killed_replica_is_restarted_at_once_and_registered_at_its_new_port()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("web-2", Templates.Web()));
        var before = await agent.RunningAsync("web-2");

        Kill(await agent.PidAsync("web-2"));
        var after = await agent.RunningAsync("web-2", restarts: 1);
        var service = await agent.ServiceAsync(
            "web", "at the new port", e => e.Service.Meta[CatalogNames.MetaAllocation] == "web-2" && e.Service.Port == after.Port);

        Assert.NotEqual(before.Port, after.Port);
        Assert.Equal("1", service.Service.Meta[CatalogNames.MetaAttempt]);
        var dead = await agent.ReportedAsync("web-2", "exit code known", a => a.ExitCode is not null);
        Assert.Equal(137, dead.ExitCode);
        Assert.Contains(dead.LastLogs, l => l.StartsWith("hello from", StringComparison.Ordinal));
        Assert.Contains("signal 9", (await agent.EventAsync("AllocationExited", "web-2")).Message, StringComparison.Ordinal);
        Assert.Contains("at once", (await agent.EventAsync("AllocationRestarting", "web-2")).Message, StringComparison.Ordinal);
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }
}
