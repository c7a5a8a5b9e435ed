using Nexus.Core.State;
using Nexus.EndToEnd.Tests;
using Nexus.MultiHost.Tests.Hosts;

namespace Nexus.MultiHost.Tests;

/// <summary>A machine whose Consul agent alone has died is suspect, not empty.</summary>
public sealed class ConsulAgentLossTests(MultiHostCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_without_its_Consul_agent_serves_on_and_is_not_replaced()
    {
        await cluster.SettledAsync(Token);
        var victim = cluster.Workers[1];
        var before = (await cluster.StatusAsync(Token)).Allocations.Select(a => (a.Id, a.Restarts)).Order().ToArray();
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", 100);

        await victim.Consul!.KillAsync();
        try
        {
            await cluster.UntilAsync(
                s => s.Nodes.Single(n => n.Name == victim.Name).Status == NodeStatus.Suspect, TimeSpan.FromSeconds(15), "it is suspect", Token);

            // Twice the time after which a machine that nobody reaches would be given up.
            await Task.Delay(MultiHostCluster.NodeLostAfter * 2, TimeProvider.System, Token);

            Assert.Contains(victim.Name, await cluster.AnsweringNodesAsync(Token));
            var status = await cluster.StatusAsync(Token);
            Assert.Equal(NodeStatus.Suspect, status.Nodes.Single(n => n.Name == victim.Name).Status);
            Assert.Equal(before, status.Allocations.Select(a => (a.Id, a.Restarts)).Order().ToArray());
        }
        finally
        {
            victim.StartConsul();
        }

        await cluster.SettledAsync(Token);
        await load.StopAsync();
        Assert.True(load.Failures.Count == 0, $"{load.Failures.Count} of {load.Sent} failed, first: {load.Failures.FirstOrDefault()}");
        Assert.Equal(before, (await cluster.StatusAsync(Token)).Allocations.Select(a => (a.Id, a.Restarts)).Order().ToArray());
    }
}
