using System.Diagnostics;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>A drain with gateways whose word the test writes.</summary>
public sealed class DrainTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_workload_is_told_to_end_once_every_gateway_let_go_of_it()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await using var gateways = new TestGateways(agent, "letgo");
        var web = Templates.Web() with { Drain = new DrainSpec { Timeout = TimeSpan.FromSeconds(25), StopTimeout = TimeSpan.FromSeconds(2) } };
        await agent.AssignAsync(1, 1, new Wanted("letgo-1", web));
        await agent.RunningAsync("letgo-1");
        var pid = await agent.PidAsync("letgo-1");
        await gateways.SayAsync("g1", "letgo-1", takes: true);
        await gateways.SayAsync("g2", "letgo-1", takes: true);
        await using var stream = await ChangeStream.OpenAsync(agent);

        await agent.AssignAsync(1, 2, new Wanted("letgo-1", web, DesiredStatus.Stop));
        await stream.NextAsync("letgo-1", AllocationChangeKind.Draining);
        await gateways.SayAsync("g1", "letgo-1", takes: false);
        await gateways.SayAsync("g2", "letgo-1", takes: false, inFlight: 1);
        await agent.ServiceAsync("letgo", "draining", e => e.Checks.Any(c => c.CheckId.StartsWith("_service_maintenance", StringComparison.Ordinal)));
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token);
        Assert.True(Signals.IsAlive(pid), "the workload was told to end while gateway g2 had a request at it");

        await gateways.SayAsync("g2", "letgo-1", takes: false);
        await stream.NextAsync("letgo-1", AllocationChangeKind.Gone);
        var told = await agent.EventAsync("AllocationStopped", "letgo-1");
        Assert.Contains("scaled down (drained in ", told.Message, StringComparison.Ordinal);
        Assert.Contains("gateways let go of it", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_dies_never_blocks_a_drain()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await using var gateways = new TestGateways(agent, "died");
        var web = Templates.Web() with { Drain = new DrainSpec { Timeout = TimeSpan.FromMinutes(5), StopTimeout = TimeSpan.FromSeconds(2) } };
        await agent.AssignAsync(1, 1, new Wanted("died-1", web));
        await agent.RunningAsync("died-1");
        await gateways.SayAsync("g1", "died-1", takes: true, inFlight: 9);
        await using var stream = await ChangeStream.OpenAsync(agent);

        await agent.AssignAsync(1, 2, new Wanted("died-1", web, DesiredStatus.Stop));
        await stream.NextAsync("died-1", AllocationChangeKind.Draining);
        await gateways.DieAsync("g1");

        await stream.NextAsync("died-1", AllocationChangeKind.Gone);
    }

    [Fact]
    public async Task A_gateway_that_never_lets_go_is_waited_for_no_longer_than_the_timeout()
    {
        await using var agent = await TestAgent.StartAsync(consul.Server.Address);
        await using var gateways = new TestGateways(agent, "never");
        var web = Templates.Web() with { Drain = new DrainSpec { Timeout = TimeSpan.FromSeconds(1.5), StopTimeout = TimeSpan.FromSeconds(2) } };
        await agent.AssignAsync(1, 1, new Wanted("never-1", web));
        await agent.RunningAsync("never-1");
        await gateways.SayAsync("g1", "never-1", takes: true);
        await using var stream = await ChangeStream.OpenAsync(agent);

        await agent.AssignAsync(1, 2, new Wanted("never-1", web, DesiredStatus.Stop));
        await stream.NextAsync("never-1", AllocationChangeKind.Draining);
        var marked = Stopwatch.GetTimestamp();
        await stream.NextAsync("never-1", AllocationChangeKind.Gone);

        Assert.InRange(Stopwatch.GetElapsedTime(marked), TimeSpan.FromSeconds(1.4), TimeSpan.FromSeconds(10));
        var told = await agent.EventAsync("AllocationStopped", "never-1");
        Assert.Contains("its time ran out while gateway g1-", told.Message, StringComparison.Ordinal);
        Assert.Equal(EventSeverity.Warning, told.Severity);
    }

    /// <summary>Gateways of one pool, as keys that the test writes; gone with the test.</summary>
    private sealed class TestGateways(TestAgent agent, string pool) : IAsyncDisposable
    {
        private readonly HashSet<string> _keys = [];

        public Task SayAsync(string gateway, string allocation, bool takes, int inFlight = 0)
        {
            var name = $"{gateway}-{agent.Node}";
            _keys.Add(StateKeys.GatewayReport(name));
            var report = new GatewayReport
            {
                Gateway = name,
                Pools = [new(pool)],
                Destinations = [new GatewayDestination(new(allocation), 0, takes, inFlight, 0)],
            };
            return agent.Consul.Kv.PutAsync(
                StateKeys.GatewayReport(name), StateJson.Write(report, StateJson.Default.GatewayReport), Token);
        }

        public Task DieAsync(string gateway) => agent.Consul.Kv.DeleteAsync(StateKeys.GatewayReport($"{gateway}-{agent.Node}"), Token);

        public async ValueTask DisposeAsync()
        {
            foreach (var key in _keys)
            {
                await agent.Consul.Kv.DeleteAsync(key, CancellationToken.None);
            }
        }
    }
}
