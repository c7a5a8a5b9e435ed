using System.Collections.Immutable;
using System.Text;

namespace Nexus.Manifests.Ports;

/// <summary>The port matrix as a machine's nftables ruleset: one table of our own, which replaces itself and touches nothing else.</summary>
internal static class Firewall
{
    /// <summary>The ruleset of one machine.</summary>
    public static string Compute(Machine machine, ClusterTopology topology, ImmutableArray<PortRule> matrix, BundleOptions options)
    {
        var mine = matrix.Where(rule => (rule.To & machine.Roles) != MachineRoles.None).ToImmutableArray();
        var text = new StringBuilder($$"""
            # Firewall of {{machine.Name}}, made from the port matrix in README.md. Loaded by nexus-firewall.service.
            # The first two lines make the table and drop it, so that loading this file replaces it in one transaction.
            table inet nexus
            delete table inet nexus
            table inet nexus {
              chain input {
                type filter hook input priority filter; policy drop;
                ct state established,related accept
                ct state invalid drop
                iif lo accept
                meta l4proto { icmp, ipv6-icmp } accept
                udp sport { 67, 547 } udp dport { 68, 546 } accept comment "DHCP"

            """);
        foreach (var rule in mine.Where(rule => !rule.Forwarded || options.Runtime == ReplicaRuntime.Process))
        {
            foreach (var line in Lines(rule, machine, topology, options))
            {
                text.Append("    ").Append(line).Append('\n');
            }
        }

        text.Append("  }\n");
        if (machine.Roles.HasFlag(MachineRoles.Worker) && options.Runtime == ReplicaRuntime.Docker)
        {
            text.Append('\n').Append(ForwardChain(machine, topology, mine));
        }

        return text.Append("}\n").ToString();
    }

    private static IEnumerable<string> Lines(PortRule rule, Machine machine, ClusterTopology topology, BundleOptions options)
    {
        var match = rule.Protocols == "tcp" ? $"tcp dport {Set(rule.Ports)}"
            : $"meta l4proto {Set(rule.Protocols)} th dport {Set(rule.Ports)}";
        var end = $"{match} accept comment \"{rule.Purpose}\"";
        return rule.Source switch
        {
            PortSource.Internet => [end],
            PortSource.OwnReplicas => [$"iifname \"docker*\" {end}", $"iifname \"br-*\" {end}"],
            PortSource.Admins => options.AdminNetworks.IsDefaultOrEmpty
                ? [end]
                : options.AdminNetworks.Select(network => $"{Family(network)} saddr {network} {end}"),
            _ => Peers(rule, machine, topology) is { Length: > 0 } peers ? [$"{peers} {end}"] : [],
        };
    }

    /// <summary>
    /// A port that Docker publishes is forwarded after its address was rewritten: the input chain never sees it, and neither does
    /// ufw. Docker leaves the place for rules of one's own in its chain DOCKER-USER, at priority filter; ours come just before, which
    /// needs no order between Docker's start and ours. What is dropped here is dropped.
    /// </summary>
    private static string ForwardChain(Machine machine, ClusterTopology topology, ImmutableArray<PortRule> mine)
    {
        var from = mine.Where(rule => rule.Forwarded).Aggregate(MachineRoles.None, (roles, rule) => roles | rule.From);
        var peers = Peers(mine.First(rule => rule.Forwarded) with { From = from }, machine, topology);
        var accept = peers.Length == 0 ? "" : $"\n    {peers} accept comment \"peers\"";
        return $$"""
              chain forward {
                type filter hook forward priority filter - 10; policy accept;
                ct state established,related accept
                iifname "docker*" accept comment "replicas of this machine"
                iifname "br-*" accept comment "replicas of this machine"{{accept}}
                ct status dnat ct original {{Family(machine.Address)}} daddr {{machine.Address}} drop comment "replicas' ports are for peers"
              }

            """;
    }

    private static string Peers(PortRule rule, Machine machine, ClusterTopology topology)
    {
        var addresses = topology.Machines.Where(m => m.Name != machine.Name && (m.Roles & rule.From) != MachineRoles.None).Select(m => m.Address).ToList();
        return addresses.Count == 0 ? "" : $"{Family(addresses[0])} saddr {Set(string.Join(", ", addresses))}";
    }

    private static string Set(string elements) => elements.Contains(',', StringComparison.Ordinal) ? $"{{ {elements} }}" : elements;

    private static string Family(string address) => address.Contains(':', StringComparison.Ordinal) ? "ip6" : "ip";
}
