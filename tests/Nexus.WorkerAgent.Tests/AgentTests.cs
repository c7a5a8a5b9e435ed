using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Spec;
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

        Signals.Kill(await agent.PidAsync("web-2"));
        var after = await agent.RunningAsync("web-2", restarts: 1);
        var service = await agent.ServiceAsync(
            "web", "at the new port", e => e.Service.Meta[CatalogNames.MetaAllocation] == "web-2" && e.Service.Port == after.Port);

        Assert.NotEqual(before.Port, after.Port);
        Assert.Equal("1", service.Service.Meta[CatalogNames.MetaAttempt]);
        var dead = await agent.ReportedAsync("web-2", "exit code known", a => a.ExitCode is not null);
        Assert.Equal(137, dead.ExitCode);
        Assert.Contains(dead.LastLogs, l => l.StartsWith("hello from", StringComparison.Ordinal));
        var exited = await agent.EventAsync("AllocationExited", "web-2");
        Assert.Contains("signal 9", exited.Message, StringComparison.Ordinal);
        Assert.Contains("at once", (await agent.EventAsync("AllocationRestarting", "web-2")).Message, StringComparison.Ordinal);
        var restarted = await agent.EventAsync("AllocationStarted", "web-2", "restart 1");
        Assert.True(exited.At <= restarted.At, $"a story in the order it happened in: ended {exited.At:O}, started again {restarted.At:O}");
    }

    [Fact]
    public async Task A_crash_loop_is_restarted_once_at_once_and_then_waits()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var loop = Templates.Script("echo out of luck; exit 3") with { Restart = new RestartSpec { InitialDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(2) } };
        await agent.AssignAsync(1, 1, new Wanted("loop-1", loop));

        var seen = await agent.ReportedAsync(
            "loop-1", "failed twice", a => a is { Phase: AllocationPhase.Failed, Restarts: 1, ExitCode: 3, LastLogs.IsEmpty: false });

        Assert.Equal("ended with exit code 3", seen.Reason);
        Assert.Equal(["out of luck"], seen.LastLogs);
        Assert.False(seen.Healthy);
        await agent.EventAsync("AllocationRestarting", "loop-1", "2 failures in a row");
    }

    [Fact]
    public async Task A_replica_that_never_serves_is_stopped_and_told_why()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var deaf = Templates.Script("echo deaf; exec sleep 1000") with
        {
            Port = 80,
            Health = new HealthSpec { Type = HealthCheckType.Http, StartupTimeout = TimeSpan.FromMilliseconds(300) },
            Restart = new RestartSpec { InitialDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) },
        };
        await agent.AssignAsync(1, 1, new Wanted("deaf-1", deaf));

        var seen = await agent.ReportedAsync("deaf-1", "failed twice", a => a is { Phase: AllocationPhase.Failed, Restarts: 1 });

        Assert.Contains("did not serve within 0.3 s", seen.Reason, StringComparison.Ordinal);
        Assert.Equal("deaf", seen.LastLogs[0]);
        await agent.EventAsync("StartFailed", "deaf-1");
    }

    [Fact]
    public async Task A_replica_that_does_not_serve_yet_says_why_meanwhile()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var sorry = Templates.Web() with { Health = Templates.Web().Health with { Type = HealthCheckType.Http, Path = "/no/such/file", StartupTimeout = TimeSpan.FromHours(1) } };
        await agent.AssignAsync(1, 1, new Wanted("sorry-1", sorry));

        var seen = await agent.ReportedAsync("sorry-1", "not serving", a => a is { Phase: AllocationPhase.Starting, Reason: not null });

        Assert.Equal("it does not serve yet: GET /no/such/file answers 404", seen.Reason);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_told_by_name()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("odd-1", Templates.Script("") with { Process = new ProcessSpec { Command = ["/no/such/program"] } }));

        var seen = await agent.ReportedAsync("odd-1", "failed", a => a is { Phase: AllocationPhase.Failed });

        Assert.Contains("/no/such/program", seen.Reason + string.Join(' ', seen.LastLogs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_hangs_is_killed_and_replaced()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var web = Templates.Web();
        await agent.AssignAsync(1, 1, new Wanted("hang-1", web with
        {
            Health = web.Health with { Type = HealthCheckType.Http, Path = "/nexus-agent-health", Timeout = TimeSpan.FromMilliseconds(300), UnhealthyThreshold = 1 },
            Process = new ProcessSpec { Command = [Templates.Busybox, "sh", "-c", $"mkdir www; echo ok > www/nexus-agent-health; exec {Templates.Busybox} httpd -f -p 127.0.0.1:$PORT -h www"], WorkingDirectory = agent.StateDirectory },
        }));
        await agent.RunningAsync("hang-1");

        Signals.Stop(await agent.PidAsync("hang-1"));
        var after = await agent.RunningAsync("hang-1", restarts: 1);

        Assert.Null(after.Reason);
        Assert.Contains("was killed because its check fails", (await agent.EventAsync("AllocationExited", "hang-1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_most_of_a_pool_fails_its_check_at_once_none_is_killed()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var flag = Path.Combine(agent.StateDirectory, "fine");
        await File.WriteAllTextAsync(flag, "", Token);
        var pool = Templates.Script("sleep 1000") with
        {
            Health = new HealthSpec { Type = HealthCheckType.Script, Command = [Templates.Busybox, "test", "-f", flag], Interval = TimeSpan.FromMilliseconds(300) },
        };
        await agent.AssignAsync(1, 1, new Wanted("brake-1", pool), new Wanted("brake-2", pool));
        await agent.RunningAsync("brake-1");
        await agent.RunningAsync("brake-2");
        var pid = await agent.PidAsync("brake-1");

        // Both in one probing round or in two: should one be seen long before the other, it alone is restarted, and rightly.
        File.Delete(flag);
        await agent.EventAsync("BrakeEngaged");
        await File.WriteAllTextAsync(flag, "", Token);
        await agent.EventAsync("BrakeReleased");

        await agent.RunningAsync("brake-1");
        await agent.RunningAsync("brake-2");
        Assert.Equal(pid, await agent.PidAsync("brake-1"));
    }
}
