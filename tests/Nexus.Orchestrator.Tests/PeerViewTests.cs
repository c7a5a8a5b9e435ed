using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Orchestrator.Api;

namespace Nexus.Orchestrator.Tests;

/// <summary>How a gateway's place in the catalog is shown.</summary>
public sealed class PeerViewTests
{
    [Theory]
    [InlineData("http://*:8080;https://*:8443", "10.0.0.5", "http://10.0.0.5:8080 https://10.0.0.5:8443", "every address: the one it is listed at")]
    [InlineData("http://*:8080", "fd00::5", "http://[fd00::5]:8080", "an address of IPv6 has brackets")]
    [InlineData("http://127.0.0.1:8080", "10.0.0.5", "http://127.0.0.1:8080", "one address is that")]
    [InlineData(null, "10.0.0.5", "", "an older gateway does not say")]
    public void A_gateway_shows_where_it_takes_requests_and_where_its_admin_endpoints_are(string? told, string listed, string shown, string because)
    {
        var meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "g1", ["api"] = "http://10.0.0.5:8081" };
        if (told is not null)
        {
            meta[CatalogNames.MetaTraffic] = told;
        }

        var peer = ViewBuilder.Peer(new ServiceEntry(
            new CatalogNode("", "n1", listed, "dc1", meta), new ServiceInstance("nexus-gateway-g1", "nexus-gateway", "", 8080, [], meta), []));

        Assert.Equal("http://10.0.0.5:8081", peer.Address);
        Assert.True(shown == string.Join(' ', peer.TrafficAddresses), because);
    }
}
