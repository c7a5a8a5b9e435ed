using Nexus.Core.Spec;
using Nexus.Manifests;

namespace Nexus.Bundle.Tests;

/// <summary>The firewall of a worker among real packets: a peer, a stranger, and a container of the worker.</summary>
public sealed class FirewallTests : IAsyncLifetime
{
    private const string Worker = "10.20.0.21";
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-firewall-").FullName;
    private Wire? _wire;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Wire Wire => _wire ?? throw new InvalidOperationException("There are no machines.");

    public async ValueTask InitializeAsync()
    {
        _wire = await Wire.CreateAsync([("peer", "10.20.0.11"), ("worker", Worker), ("stranger", "10.20.0.99")], Cancel);
        await Wire.AddContainerAsync("replica", "worker", Cancel);
        var spec = SpecReader.Read("worker_pools: { web: { image: x, port: 80 } }", "nexus.yaml").Spec!;
        var files = DeploymentBundles.Compute(spec, ClusterTopologies.Small, DeploymentTarget.Systemd, new BundleOptions());
        var firewall = files.Single(f => f.Path == "nodes/worker-1/etc/firewall.nft").Content;
        await LoadAsync("docker.nft", """
            table ip docker {
              chain pre { type nat hook prerouting priority dstnat; ip daddr 10.20.0.21 tcp dport 40001 dnat to 172.17.0.2:80; }
            }

            """);
        await LoadAsync("firewall.nft", firewall);
        await LoadAsync("firewall.nft", firewall); // As at every release: it takes its own place.
    }

    public async ValueTask DisposeAsync()
    {
        if (_wire is not null)
        {
            await _wire.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("peer", 40001, true, "a peer reaches a port that Docker publishes")]
    [InlineData("stranger", 40001, false, "a stranger does not, though it is forwarded past the input chain")]
    [InlineData("peer", 7410, true, "a manager reaches the agent")]
    [InlineData("stranger", 7410, false, "a stranger does not")]
    [InlineData("stranger", 22, true, "SSH is for whoever has a key")]
    [InlineData("peer", 8500, false, "Consul's API is for the machine alone")]
    [InlineData("peer", 8301, true, "gossip is for peers")]
    [InlineData("stranger", 8301, false, "gossip is for peers")]
    [InlineData("replica", 8600, true, "a replica asks Consul's DNS")]
    [InlineData("replica", 7410, false, "a replica does not reach the agent")]
    public async Task Only_those_of_the_port_matrix_get_through(string from, int port, bool through, string because)
    {
        var (server, listens) = port == 40001 ? ("replica", 80) : ("worker", port);
        using var listener = new Listener(Wire.Of(server), listens);
        await listener.StartAsync(Cancel);
        var target = from == "replica" ? "172.17.0.1" : Worker;
        // What is dropped is told from what is slow by whether it comes at all; a packet here takes microseconds.
        var connected = await Wire.TryAsync(
            from, ["timeout", through ? "20" : "2", "bash", "-c", $"exec 3<>/dev/tcp/{target}/{port}"], Cancel);
        Assert.True((connected.Code == 0) == through, $"{because}: {connected.Code} {connected.All}");
    }

    private async Task LoadAsync(string name, string rules)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, rules, Cancel);
        await Wire.RunAsync("worker", ["nft", "-f", path], Cancel);
    }
}
