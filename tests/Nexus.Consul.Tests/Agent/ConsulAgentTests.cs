using Nexus.Testing;

namespace Nexus.Consul.Tests.Agent;

public sealed class ConsulAgentTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Self_names_node_datacenter_and_version()
    {
        var self = await consul.Client.Agent.SelfAsync(Token);
        Assert.Equal((consul.Server.NodeName, "dc1", true), (self.NodeName, self.Datacenter, self.IsServer));
        Assert.StartsWith(ConsulBinary.Version.ToString(), self.Version, StringComparison.Ordinal);
        Assert.NotEmpty(self.NodeId);
    }

    [Fact]
    public async Task Status_and_catalog_know_the_one_server()
    {
        var leader = await consul.Client.Status.LeaderAsync(Token);
        Assert.Equal([leader!], await consul.Client.Status.PeersAsync(Token));
        var nodes = await consul.Client.Catalog.NodesAsync(Token);
        Assert.Equal([(consul.Server.NodeName, "127.0.0.1", "dc1")], nodes.Value.Select(node => (node.Name, node.Address, node.Datacenter)));
    }
}
