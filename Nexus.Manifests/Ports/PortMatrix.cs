using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Ports;

/// <summary>Who speaks to whom, and where. What is not here is dropped.</summary>
internal static class PortMatrix
{
    /// <summary>Managers' API.</summary>
    public const int Api = 8420;

    /// <summary>Worker agents' API and stream of changes.</summary>
    public const int Worker = 7410;

    /// <summary>Gateways' health, metrics and routes.</summary>
    public const int GatewayAdmin = 8081;

    /// <summary>Consul's API, on the loopback of each machine only.</summary>
    public const int ConsulHttp = 8500;

    /// <summary>Consul's DNS.</summary>
    public const int ConsulDns = 8600;

    /// <summary>Ports that the kernel and Docker give out, where replicas are reached.</summary>
    private const string Ephemeral = "32768-60999";

    /// <summary>Ports that are never another's, with who has them.</summary>
    public static ImmutableSortedDictionary<int, string> Fixed { get; } = new Dictionary<int, string>
    {
        [8300] = "Consul",
        [8301] = "Consul",
        [8302] = "Consul",
        [ConsulHttp] = "Consul",
        [ConsulDns] = "Consul",
        [Worker] = "the worker agent",
        [GatewayAdmin] = "the gateway's admin address",
        [Api] = "the manager",
    }.ToImmutableSortedDictionary();

    /// <summary>Ports that Nexus and SSH need on some worker machine, with who has them.</summary>
    public static ImmutableSortedDictionary<int, string> Taken(ClusterTopology topology, BundleOptions options)
    {
        var ports = Fixed.SetItem(options.SshPort, "SSH");
        return topology.Machines.Any(m => m.Roles.HasFlag(MachineRoles.Gateway | MachineRoles.Worker))
            ? ports.SetItem(options.GatewayPort, "the gateway").SetItem(443, "the gateway")
            : ports;
    }

    /// <summary>The matrix of one deployment.</summary>
    public static ImmutableArray<PortRule> Compute(ClusterSpec spec, BundleOptions options)
    {
        var hostPorts = spec.Pools.Select(p => p.Template.HostPort).OfType<int>().Distinct().Order()
            .Select(p => p.ToString());
        var replicas = string.Join(", ", hostPorts.Prepend(Ephemeral));
        return
        [
            new(PortSource.Internet, MachineRoles.None, MachineRoles.Gateway, Web(options), "tcp", "requests of clients"),
            Between(MachineRoles.Gateway, MachineRoles.Worker, replicas, "tcp", "requests to replicas, and probes of them") with { Forwarded = true },
            Between(MachineRoles.Worker, MachineRoles.Worker, replicas, "tcp", "replicas among themselves") with { Forwarded = true },
            Between(PortRule.Any, MachineRoles.Worker, $"{Worker}", "tcp", "news of replicas; logs; drills"),
            Between(PortRule.Any, MachineRoles.Manager, $"{Api}", "tcp", "the managers' API: the nexus command on any machine"),
            Between(MachineRoles.Manager, MachineRoles.Gateway, $"{GatewayAdmin}", "tcp", "routes, health and metrics of gateways"),
            Between(PortRule.Any, MachineRoles.ConsulServer, "8300", "tcp", "Consul: requests to its servers (TLS)"),
            Between(PortRule.Any, PortRule.Any, "8301", "tcp, udp", "Consul: gossip (encrypted)"),
            Between(MachineRoles.ConsulServer, MachineRoles.ConsulServer, "8302", "tcp, udp", "Consul: gossip among datacenters (encrypted)"),
            new(PortSource.OwnReplicas, MachineRoles.None, PortRule.Any, $"{ConsulDns}", "tcp, udp", "Consul: names of pools (web.service.consul)"),
            new(PortSource.Admins, MachineRoles.None, PortRule.Any, $"{options.SshPort}", "tcp", "SSH: rollouts, and tunnels to Consul's UI and the API"),
            .. options.AdminNetworks.IsDefaultOrEmpty
                ? ImmutableArray<PortRule>.Empty
                : [new(PortSource.Admins, MachineRoles.None, MachineRoles.Manager, $"{Api}", "tcp", "the nexus command from elsewhere")],
        ];
    }

    private static string Web(BundleOptions options) => options.GatewayPort == 443 ? "443" : $"{options.GatewayPort}, 443";

    private static PortRule Between(MachineRoles from, MachineRoles to, string ports, string protocols, string purpose) =>
        new(PortSource.Machines, from, to, ports, protocols, purpose);
}
