using System.Text;
using Nexus.Api.State;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>What an agent does when its assignment changes, lies or is missing.</summary>
public sealed class AssignmentTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_directory_that_cannot_be_written_is_a_problem_of_the_node_until_it_can()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var obstacle = Directory.CreateDirectory(Path.Combine(agent.StateDirectory, "assignment.json.new"));

        await agent.AssignAsync(1, 1, new Wanted("disk-1", Templates.Script("exec sleep 1000")));
        await agent.EventAsync("StateUnwritable");
        await agent.RecordAsync("its problem", r => r.Problem?.StartsWith("The state directory cannot be written: ", StringComparison.Ordinal) == true);

        obstacle.Delete();
        await agent.EventAsync("StateWritable");
        await agent.RecordAsync("no problem", r => r.Problem is null);
    }

    [Fact]
    public async Task A_stop_drains_first_and_deregisters_last()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var slow = Templates.Script($"{Templates.Busybox} httpd -f -p 127.0.0.1:$PORT -h /tmp & trap 'sleep 1; exit 0' TERM; while true; do sleep 0.1; done") with
        {
            Port = 80,
            Health = new HealthSpec { StartupTimeout = TimeSpan.FromSeconds(10) },
            Drain = new DrainSpec { Timeout = TimeSpan.FromSeconds(1), StopTimeout = TimeSpan.FromSeconds(10) },
        };
        await agent.AssignAsync(1, 1, new Wanted("slow-1", slow));
        await agent.RunningAsync("slow-1");
        var pid = await agent.PidAsync("slow-1");

        await agent.AssignAsync(1, 2, new Wanted("slow-1", slow, DesiredStatus.Stop));
        await agent.ServiceAsync("slow", "draining", e => e.Checks.Any(c => c.CheckId.StartsWith("_service_maintenance", StringComparison.Ordinal)));
        Assert.True(Signals.IsAlive(pid), "the workload was stopped before the gateways heard of its drain");
        var stopped = await agent.ReportedAsync("slow-1", "stopped", a => a.Phase == AllocationPhase.Stopped);

        Assert.False(Signals.IsAlive(pid), "Stopped was reported of a workload that runs");
        Assert.Equal("scaled down", stopped.Reason);
        Assert.Null(stopped.Port);
        await agent.InstancesAsync("slow", 0);
        Assert.DoesNotContain(await agent.Runtime.ListAsync(Token), w => w.Allocation.Value == "slow-1");

        await agent.AssignAsync(1, 3);
        await agent.ReportedAsync("slow-1 forgotten", o => o.Generation == 3 && o.Allocations.IsEmpty);
    }

    [Fact]
    public async Task What_is_no_longer_assigned_goes()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var script = Templates.Script("sleep 1000");
        await agent.AssignAsync(1, 1, new Wanted("pair-1", script), new Wanted("pair-2", script));
        await agent.RunningAsync("pair-1");
        await agent.RunningAsync("pair-2");
        var kept = await agent.PidAsync("pair-1");

        await agent.AssignAsync(1, 2, new Wanted("pair-1", script));
        await agent.ReportedAsync("only pair-1", o => o.Generation == 2 && o.Allocations is [{ Id.Value: "pair-1" }]);

        Assert.Equal(kept, await agent.PidAsync("pair-1"));
        Assert.DoesNotContain(await agent.Runtime.ListAsync(Token), w => w.Allocation.Value == "pair-2");
    }

    [Fact]
    public async Task A_deposed_leader_is_refused_also_after_a_restart()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var script = Templates.Script("sleep 1000");
        await agent.AssignAsync(5, 1, new Wanted("safe-1", script));
        await agent.RunningAsync("safe-1");
        var pid = await agent.PidAsync("safe-1");

        await agent.AssignAsync(4, 9);
        var refused = await agent.EventAsync("AssignmentRefused");
        await agent.LeaveAsync();
        await agent.RunAsync();
        await agent.AssignAsync(3, 1);
        await agent.EventAsync("AssignmentRefused", text: "epoch 3 is below 5");

        Assert.Contains("epoch 4 is below 5", refused.Message, StringComparison.Ordinal);
        Assert.Equal(pid, await agent.PidAsync("safe-1"));
    }

    [Fact]
    public async Task An_unreadable_assignment_removes_nothing()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("keep-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("keep-1");
        var pid = await agent.PidAsync("keep-1");

        await agent.Consul.Kv.PutAsync(StateKeys.DesiredOf(agent.Node), Encoding.UTF8.GetBytes("{ not json"), Token);
        var refused = await agent.EventAsync("AssignmentRefused");
        Signals.Kill(pid);
        await agent.RunningAsync("keep-1", restarts: 1);

        Assert.Contains("keeps the one it has", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_counter_that_begins_again_is_refused_and_reported()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(3, 7, new Wanted("kept-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("kept-1");

        await agent.AssignAsync(3, 1);
        await agent.ReportedAsync("the lower generation is refused", o => o is { Refused: { Epoch: 3, Generation: 1 }, Held: { Epoch: 3, Generation: 7 } });
        await agent.AssignAsync(3, 7);
        var refused = await agent.EventAsync("AssignmentRefused", text: "differs from the one held");
        await agent.ReportedAsync("the equal one as well", o => o is { Refused: { Generation: 7 }, Generation: 7 });
        await agent.AssignAsync(3, 8, new Wanted("kept-1", Templates.Script("sleep 1000")));
        await agent.ReportedAsync("the later one is taken", o => o is { Refused: null, Held: null, Generation: 8 });

        Assert.Equal(EventSeverity.Error, refused.Severity);
    }

    [Fact]
    public async Task Own_records_that_others_damage_are_written_again()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("own-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("own-1");

        foreach (var value in new[] { "{ not json"u8.ToArray(), null })
        {
            foreach (var key in new[] { StateKeys.Node(agent.Node), StateKeys.ObservedOf(agent.Node) })
            {
                await (value is null ? agent.Consul.Kv.DeleteAsync(key, Token) : agent.Consul.Kv.PutAsync(key, value, Token));
                await foreach (var seen in agent.Consul.Kv.WatchAsync(key, null, Token))
                {
                    if (seen.Value is { } pair && pair.Value.Length > 20)
                    {
                        break;
                    }
                }
            }
        }

        await agent.EventAsync("RecordRewritten");
    }

    [Fact]
    public async Task An_absent_assignment_removes_nothing()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("stay-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("stay-1");
        var pid = await agent.PidAsync("stay-1");

        await agent.LeaveAsync();
        await agent.Consul.Kv.DeleteAsync(StateKeys.DesiredOf(agent.Node), Token);
        File.Delete(Path.Combine(agent.StateDirectory, "assignment.json"));
        await agent.RunAsync();
        await agent.ReportedAsync("a look without an assignment", o => o is { Epoch: 0, Allocations.IsEmpty: true });
        Assert.True(Signals.IsAlive(pid));

        await agent.AssignAsync(1, 2, new Wanted("stay-1", Templates.Script("sleep 1000")));
        await agent.RunningAsync("stay-1");
        Assert.Equal(pid, await agent.PidAsync("stay-1"));
    }

    [Fact]
    public async Task A_restarted_agent_keeps_what_runs_and_answers_what_ended_meanwhile()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await agent.AssignAsync(1, 1, new Wanted("life-1", Templates.Web()), new Wanted("life-2", Templates.Web()));
        var before = await agent.RunningAsync("life-1");
        await agent.RunningAsync("life-2");
        var kept = await agent.PidAsync("life-1");
        var killed = await agent.PidAsync("life-2");

        await agent.LeaveAsync();
        await agent.InstancesAsync("life", 2);
        Assert.True(Signals.IsAlive(kept), "stopping the agent stopped a workload");
        Signals.Kill(killed);
        await agent.RunAsync();
        await agent.RunningAsync("life-2", restarts: 1);
        var after = await agent.RunningAsync("life-1");

        Assert.Equal(kept, await agent.PidAsync("life-1"));
        Assert.Equal(before.Port, after.Port);
        await agent.EventAsync("AllocationAdopted", "life-1");
    }

    [Fact]
    public async Task An_agent_told_to_takes_its_workloads_along()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, new() { ["Worker:StopWorkloadsOnExit"] = "true" });
        await agent.AssignAsync(1, 1, new Wanted("gone-1", Templates.Web()));
        await agent.RunningAsync("gone-1");
        var pid = await agent.PidAsync("gone-1");

        await agent.LeaveAsync();

        Assert.False(Signals.IsAlive(pid));
        await agent.InstancesAsync("gone", 0);
        var last = await agent.ReportedAsync("gone-1", "stopped", a => a.Phase == AllocationPhase.Stopped);
        Assert.Equal("its agent was stopped and took it along", last.Reason);
        await agent.AssignAsync(1, 2);
    }
}
