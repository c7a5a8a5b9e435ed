using System.Collections.Immutable;
using System.Net;
using Nexus.Core.Ids;

namespace Nexus.Manifests;

/// <summary>What must hold of the machines of a deployment.</summary>
public static class TopologyRules
{
    // RFC 1918, 6598 (shared, as overlay networks use it) and 4193: what machines say to each other is made for such networks.
    private static readonly IPNetwork[] PrivateNetworks =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("fc00::/7"),
    ];

    internal const string AddressDescription =
        "a private IP address at which the machine's peers reach it, such as 10.0.0.5 (not a host name, not of the loopback, not public)";

    /// <summary>Everything that is wrong with a topology, one sentence each; empty when nothing is.</summary>
    public static ImmutableArray<string> FindProblems(ClusterTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return
        [
            .. topology.Machines.Where(m => !NameRules.IsValid(m.Name))
                .Select(m => $"machine '{m.Name}': a name must be {NameRules.Description}."),
            .. topology.Machines.Where(m => !IsPrivateAddress(m.Address))
                .Select(m => $"machine {m.Name}: found the address '{m.Address}'; it must be {AddressDescription}."),
            .. topology.Machines.Where(m => m.Roles == MachineRoles.None).Select(m => $"machine {m.Name}: it has no role."),
            .. Twice(topology, m => m.Name, "name"),
            .. Twice(topology, m => m.Address, "address"),
            .. FamilyProblems(topology),
            .. ConsulServerProblems(topology.Machines.Count(m => m.Roles.HasFlag(MachineRoles.ConsulServer))),
            .. Missing(topology, MachineRoles.Manager, "nothing would decide what runs where"),
            .. Missing(topology, MachineRoles.Gateway, "no request would come in"),
            .. Missing(topology, MachineRoles.Worker, "nothing could run"),
        ];
    }

    internal static bool IsPrivateAddress(string address) =>
        IPAddress.TryParse(address, out var ip)
        && ip.ToString() == address
        && PrivateNetworks.Any(network => network.Contains(ip));

    private static IEnumerable<string> ConsulServerProblems(int servers) => servers switch
    {
        0 => ["the topology has no Consul server; it needs 1, 3 or 5."],
        > 5 => [$"the topology has {servers} Consul servers; allowed are 1, 3 and 5, for each more makes every write slower."],
        _ when servers % 2 == 0 =>
        [
            $"the topology has {servers} Consul servers; allowed are 1, 3 and 5: {servers} need {(servers / 2) + 1} of them for a quorum, "
            + $"so they survive no more losses than {servers - 1}, and one more machine can fail.",
        ],
        _ => [],
    };

    private static IEnumerable<string> Missing(ClusterTopology topology, MachineRoles role, string consequence) =>
        topology.Machines.Any(m => m.Roles.HasFlag(role))
            ? []
            : [$"the topology has no machine with the role {role}: {consequence}."];

    private static IEnumerable<string> FamilyProblems(ClusterTopology topology) =>
        topology.Machines.Select(m => m.Address.Contains(':', StringComparison.Ordinal)).Distinct().Count() > 1
            ? ["some machines have IPv4 addresses and others IPv6; a cluster speaks one of them."]
            : [];

    private static IEnumerable<string> Twice(ClusterTopology topology, Func<Machine, string> key, string what) =>
        topology.Machines.GroupBy(key, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => $"the {what} '{g.Key}' is given to {g.Count()} machines; it must be unique.");
}
