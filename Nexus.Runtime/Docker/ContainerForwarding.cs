using System.Globalization;
using Docker.DotNet.Models;
using Nexus.Core.State;

namespace Nexus.Runtime.Docker;

/// <summary>How connections to a container's published port get to the container.</summary>
internal static class ContainerForwarding
{
    /// <summary>
    /// Null where the port is the container's own: nothing is published, or the container uses the machine's network.
    /// </summary>
    /// <param name="container">The container as inspected.</param>
    /// <param name="isOnThisMachine">Whether it runs on this kernel, in networks of the machine itself.</param>
    /// <param name="isOwnAddress">Whether an address is one of this machine's.</param>
    public static PortForwarding? Of(ContainerInspectResponse container, bool isOnThisMachine, Func<string, bool> isOwnAddress)
    {
        if (container.HostConfig?.NetworkMode == "host" || PublishedPort(container.NetworkSettings) is not { } port)
        {
            return null;
        }

        // A bridge whose gateway is an address of this machine is a bridge of this machine: its containers are neighbours.
        var address = isOnThisMachine ? AddressOf(container.NetworkSettings?.Networks, isOwnAddress) : null;
        return new PortForwarding(address is null ? null : new WorkloadEndpoint(address, port));
    }

    private static int? PublishedPort(NetworkSettings? network)
    {
        var key = network?.Ports?.FirstOrDefault(port => port.Value is { Count: > 0 }).Key;
        return int.TryParse(key?.Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
    }

    private static string? AddressOf(IDictionary<string, EndpointSettings>? networks, Func<string, bool> isOwnAddress) =>
        (networks?.Values ?? [])
            .SelectMany(n => new[] { (n.IPAddress, n.Gateway), (IPAddress: n.GlobalIPv6Address, Gateway: n.IPv6Gateway) })
            .FirstOrDefault(n => !string.IsNullOrEmpty(n.IPAddress) && !string.IsNullOrEmpty(n.Gateway) && isOwnAddress(n.Gateway))
            .IPAddress;
}
