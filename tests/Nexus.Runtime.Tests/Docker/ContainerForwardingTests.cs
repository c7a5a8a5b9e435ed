using Docker.DotNet.Models;
using Nexus.Core.State;
using Nexus.Runtime.Docker;

namespace Nexus.Runtime.Tests.Docker;

public sealed class ContainerForwardingTests
{
    public static TheoryData<string, ContainerInspectResponse, bool, PortForwarding?> Cases => new()
    {
        { "a bridge of this machine", Inspected("bridge", new() { IPAddress = "172.17.0.5", Gateway = "172.17.0.1" }), true, To("172.17.0.5") },
        { "an engine in a virtual machine", Inspected("bridge", new() { IPAddress = "172.17.0.5", Gateway = "172.17.0.1" }), false, new(null) },
        { "a bridge of another machine", Inspected("bridge", new() { IPAddress = "10.9.0.5", Gateway = "10.9.0.1" }), true, new(null) },
        { "a bridge with IPv6 alone", Inspected("six", new() { GlobalIPv6Address = "fd00::5", IPv6Gateway = "fd00::1" }), true, To("fd00::5") },
        { "a bridge without a gateway", Inspected("bridge", new() { IPAddress = "172.17.0.5", Gateway = "" }), true, new(null) },
        { "no network yet", Inspected("bridge", null), true, new(null) },
        { "the machine's own network", Inspected("host", new() { IPAddress = "", Gateway = "" }), true, null },
        { "nothing published", Inspected("bridge", new() { IPAddress = "172.17.0.5", Gateway = "172.17.0.1" }, published: false), true, null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_tells_who_accepts_connections(string because, ContainerInspectResponse container, bool isOnThisMachine, PortForwarding? expected)
    {
        Assert.NotEmpty(because);

        Assert.Equal(expected, ContainerForwarding.Of(container, isOnThisMachine, address => address is "172.17.0.1" or "fd00::1"));
    }

    private static PortForwarding To(string address) => new(new WorkloadEndpoint(address, 8080));

    private static ContainerInspectResponse Inspected(string mode, EndpointSettings? network, bool published = true) => new()
    {
        HostConfig = new HostConfig { NetworkMode = mode },
        NetworkSettings = new NetworkSettings
        {
            Ports = new Dictionary<string, IList<PortBinding>>(StringComparer.Ordinal)
            {
                ["9000/tcp"] = null!,
                ["8080/tcp"] = published ? [new PortBinding { HostIP = "127.0.0.1", HostPort = "32768" }] : null!,
            },
            Networks = network is null ? null! : new Dictionary<string, EndpointSettings>(StringComparer.Ordinal) { [mode] = network },
        },
    };
}
