using System.Diagnostics;
using Nexus.Api.V1;
using Nexus.Core.Spec;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>Replicas that run and do not serve, found by the agent's own probes.</summary>
public sealed class HangTests(ConsulFixture consul)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hang_is_pushed_killed_and_replaced_faster_than_Consul_checks()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        var web = Serving(agent);
        await agent.AssignAsync(1, 1, new Wanted("quick-1", web), new Wanted("quick-2", web));
        await agent.RunningAsync("quick-1");
        await agent.RunningAsync("quick-2");
        var other = await agent.PidAsync("quick-2");
        await using var stream = await ChangeStream.OpenAsync(agent);
        await stream.NextAsync("quick-1", AllocationChangeKind.Serving);

        var hung = Stopwatch.GetTimestamp();
        Signals.Stop(await agent.PidAsync("quick-1"));
        await stream.NextAsync("quick-1", AllocationChangeKind.Unhealthy);
        var found = Stopwatch.GetElapsedTime(hung);
        await stream.NextAsync("quick-1", AllocationChangeKind.Gone);
        var again = await stream.NextAsync("quick-1", AllocationChangeKind.Serving);

        // Three intervals at most; Consul, with two checks a second apart, needs more than one second. The rest is this machine's.
        Assert.True(found < TimeSpan.FromSeconds(3), $"found after {found}");
        Assert.Equal(1, again.Attempt);
        Assert.Equal(other, await agent.PidAsync("quick-2"));
        var told = await agent.EventAsync("AllocationExited", "quick-1");
        Assert.Contains("was killed because its check fails: no answer within", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_breaks_on_all_nodes_at_once_kills_nothing()
    {
        await using var one = await TestAgent.StartAsync(consul.Server.Address);
        await using var two = await TestAgent.StartAsync(consul.Server.Address);
        var web = Serving(one);
        await one.AssignAsync(1, 1, new Wanted("wide-1", web));
        await two.AssignAsync(1, 1, new Wanted("wide-2", web));
        await one.RunningAsync("wide-1");
        await two.RunningAsync("wide-2");
        var pids = (await one.PidAsync("wide-1"), await two.PidAsync("wide-2"));

        File.Delete(Path.Combine(one.StateDirectory, "www", "health"));
        await one.EventAsync("BrakeEngaged");
        await two.EventAsync("BrakeEngaged");
        await File.WriteAllTextAsync(Path.Combine(one.StateDirectory, "www", "health"), "ok", Token);
        await one.EventAsync("BrakeReleased");

        await one.RunningAsync("wide-1");
        await two.RunningAsync("wide-2");
        Assert.Equal(pids, (await one.PidAsync("wide-1"), await two.PidAsync("wide-2")));
    }

    [Fact]
    public async Task Without_Consul_a_hang_is_found_and_answered_all_the_same()
    {
        await using var own = await ConsulServer.StartAsync(Token);
        await using var agent = await TestAgent.StartAsync(own.Address);
        var slow = Serving(agent);
        slow = slow with { Health = slow.Health with { Interval = TimeSpan.FromSeconds(1) } };
        await agent.AssignAsync(1, 1, new Wanted("away-1", slow));
        await agent.RunningAsync("away-1");
        await using var stream = await ChangeStream.OpenAsync(agent);
        await stream.NextAsync("away-1", AllocationChangeKind.Serving);

        await own.KillAsync();
        Signals.Stop(await agent.PidAsync("away-1"));
        await stream.NextAsync("away-1", AllocationChangeKind.Unhealthy);
        await stream.NextAsync("away-1", AllocationChangeKind.Gone);
        Assert.Equal(1, (await stream.NextAsync("away-1", AllocationChangeKind.Serving)).Attempt);
        await own.RestartAsync(Token);
    }

    // All replicas of a test serve one folder, so that one hand breaks the check of all.
    private static PoolTemplate Serving(TestAgent agent)
    {
        var www = Directory.CreateDirectory(Path.Combine(agent.StateDirectory, "www"));
        File.WriteAllText(Path.Combine(www.FullName, "health"), "ok");
        var web = Templates.Script($"exec {Templates.Busybox} httpd -f -p 127.0.0.1:$PORT -h {www.FullName}");
        return web with
        {
            Port = 8080,
            Health = new HealthSpec { Type = HealthCheckType.Http, Interval = Interval, Timeout = Interval, StartupTimeout = TimeSpan.FromSeconds(10) },
        };
    }
}
