using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Nexus.AppHost;

/// <summary>Whether a container engine answers on this machine.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PullPatience = TimeSpan.FromMinutes(5);

    /// <summary>Asks the engine for its version through the docker command, which knows contexts and DOCKER_HOST.</summary>
    public static async Task<(bool Answers, string Words)> ProbeAsync(CancellationToken cancellationToken)
    {
        var outcome = await CommandOutcome.OfAsync("docker", ["version", "--format", "{{.Server.Version}}"], Patience, cancellationToken);
        return outcome switch
        {
            { ExitCode: 0 } => (true, $"Docker Engine {outcome.Output} answers"),
            { ExitCode: null } => (false, outcome.Error),
            _ => (false, $"no Docker Engine answers at {Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "its usual socket"}"),
        };
    }

    /// <summary>Makes an image present; what kept the engine from it, or null.</summary>
    public static async Task<string?> PullAsync(string image, CancellationToken cancellationToken)
    {
        if ((await CommandOutcome.OfAsync("docker", ["image", "inspect", "--format", "{{.Id}}", image], Patience, cancellationToken)).ExitCode == 0)
        {
            return null;
        }

        var outcome = await CommandOutcome.OfAsync("docker", ["pull", "--quiet", image], PullPatience, cancellationToken);
        return outcome.ExitCode == 0 ? null : $"{image}: {outcome.Error.Trim()}";
    }

    /// <summary>
    /// The address by which the engine's containers reach this machine; null where it is not an address of this machine's: engines in a
    /// virtual machine bring containers to the loopback address by themselves.
    /// </summary>
    public static async Task<string?> BridgeAsync(CancellationToken cancellationToken)
    {
        var outcome = await CommandOutcome.OfAsync(
            "docker",
            [
                "network", "inspect", "bridge", "--format",
                """{{range .IPAM.Config}}{{.Gateway}} {{end}}|{{index .Options "com.docker.network.bridge.name"}}""",
            ],
            Patience,
            cancellationToken);
        if (outcome.ExitCode != 0 || outcome.Output.Split('|', StringSplitOptions.TrimEntries) is not [var gateways, var bridge])
        {
            return null;
        }

        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses, (network, address) => (network.Name, address.Address))
            .Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => (address.Name, Address: address.Address.ToString()))
            .ToList();

        // An engine that has just made its bridge does not name the gateway yet; the interface has the address already.
        return gateways.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(gateway => own.Any(address => address.Address == gateway))
            ?? own.FirstOrDefault(address => address.Name == bridge).Address;
    }
}
