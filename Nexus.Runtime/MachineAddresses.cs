using System.Net;
using System.Net.NetworkInformation;

namespace Nexus.Runtime;

/// <summary>The addresses of this machine, or of the network namespace that this process is in.</summary>
public static class MachineAddresses
{
    /// <summary>Whether one of the network interfaces has the address; loopback addresses count.</summary>
    public static bool IsOwn(string address) =>
        IPAddress.TryParse(address, out var wanted)
        && (IPAddress.IsLoopback(wanted) || NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Any(own => own.Address.Equals(wanted)));
}
