using System.Collections.Immutable;
using Nexus.Manifests.ConsulFiles;
using Nexus.Manifests.Ports;

namespace Nexus.Manifests.Parts;

/// <summary>What the scripts know of the deployment: they are the same everywhere, and read this.</summary>
internal static class NodeEnvironment
{
    /// <summary><c>node.env</c>: one machine, for <c>install.sh</c>.</summary>
    public static string OfNode(Machine machine, ClusterTopology topology, DeploymentTarget target, BundleOptions options)
    {
        var parts = NexusPart.Of(machine).ToImmutableArray();
        var isServer = machine.Roles.HasFlag(MachineRoles.ConsulServer);
        var manager = topology.Machines.First(m => m.Roles.HasFlag(MachineRoles.Manager));
        return $"""
            # Read by install.sh.
            NODE_NAME={machine.Name}
            NODE_ADDRESS={machine.Address}
            TARGET={Of(target)}
            ARCHITECTURE={options.Architecture}
            RUNTIME={(options.Runtime == ReplicaRuntime.Docker ? "docker" : "process")}
            VERSION={options.Version}
            MACHINES={topology.Machines.Length}
            MANAGER={PartSettings.HostOf(manager.Address)}
            PARTS="{string.Join(' ', parts.Select(part => part.Name))}"
            CONSUL_SERVER={(isServer ? "yes" : "no")}
            CONSUL_SERVERS={topology.Machines.Count(m => m.Roles.HasFlag(MachineRoles.ConsulServer))}
            CONSUL_PEERS="{string.Join(' ', topology.Machines.Where(m => m.Roles.HasFlag(MachineRoles.ConsulServer) && m.Name != machine.Name).Select(m => m.Address))}"
            LISTENS="{string.Join(' ', Listens(machine, options))}"
            SECRET_FILES="{string.Join(' ', SecretFiles(parts, isServer))}"
            GATEWAY_PORT={options.GatewayPort}
            SSH_PORT={options.SshPort}
            {string.Join('\n', parts.Select(part => $"HEALTH_{part.Name}={HealthOf(part, machine)}"))}
            """ + "\n" + (target == DeploymentTarget.Compose ? Kept(parts, machine) : "");
    }

    /// <summary><c>cluster.env</c>: the deployment, for <c>rollout.sh</c> and <c>secrets.sh</c>.</summary>
    public static string OfCluster(string cluster, DeploymentTarget target, BundleOptions options) => $"""
        # Read by rollout.sh and secrets.sh.
        CLUSTER={cluster}
        DATACENTER={options.Datacenter}
        TARGET={Of(target)}
        ARCHITECTURE={options.Architecture}
        VERSION={options.Version}
        SSH_USER={options.SshUser}
        SSH_PORT={options.SshPort}
        """ + "\n";

    /// <summary><c>nodes.tsv</c>: name, address and roles of the machines, in the order of a rollout.</summary>
    public static string Nodes(ClusterTopology topology) =>
        string.Concat(InOrder(topology).Select(m => $"{m.Name}\t{m.Address}\t{string.Join(' ', Roles(m))}\n"));

    /// <summary><c>tokens.tsv</c>: policy, machine and part of each token.</summary>
    public static string Tokens(ClusterTopology topology) =>
        string.Concat(ConsulPolicies.Compute(topology).Select(t => $"{t.Policy}\t{t.Machine ?? "-"}\t{t.Part}\n"));

    /// <summary>Consul's servers first, for the others need them; workers last, for they are what the rest is for.</summary>
    public static IEnumerable<Machine> InOrder(ClusterTopology topology) => topology.Machines
        .OrderBy(m => m.Roles.HasFlag(MachineRoles.ConsulServer) ? 0 : m.Roles.HasFlag(MachineRoles.Worker) ? 2 : 1)
        .ThenBy(m => m.Name, StringComparer.Ordinal);

    /// <summary>A machine's roles as people and scripts read them.</summary>
    public static IEnumerable<string> Roles(Machine machine)
    {
        if (machine.Roles.HasFlag(MachineRoles.ConsulServer))
        {
            yield return "consul-server";
        }

        foreach (var role in new[] { MachineRoles.Manager, MachineRoles.Gateway, MachineRoles.Worker }.Where(r => machine.Roles.HasFlag(r)))
        {
            yield return role.ToString().ToLowerInvariant();
        }
    }

    private static string Of(DeploymentTarget target) => target == DeploymentTarget.Compose ? "compose" : "systemd";

    /// <summary>
    /// For the keeper: where a container says that it is alive, which is no matter of other machines, and the seconds of silence after
    /// which it is restarted. Consul's front page needs neither a token nor a leader.
    /// </summary>
    private static string Kept(ImmutableArray<NexusPart> parts, Machine machine) => $"""
        # Read by keeper.sh; /etc/nexus/keeper.local.env, where there is one, goes before it.
        ALIVE_consul=127.0.0.1:{PortMatrix.ConsulHttp}/
        LIMIT_consul={NexusPart.ConsulLimitSeconds}
        {string.Join('\n', parts.Select(part => $"ALIVE_{part.Name}={AliveOf(part, machine)}\nLIMIT_{part.Name}={part.WatchdogSeconds}"))}
        """ + "\n";

    private static string AliveOf(NexusPart part, Machine machine) => HealthOf(part, machine).Split('/')[0] + "/alive";

    private static string HealthOf(NexusPart part, Machine machine) =>
        PartSettings.HealthUrl(part, machine.Address)["http://".Length..];

    private static IEnumerable<string> Listens(Machine machine, BundleOptions options)
    {
        foreach (var port in (int[])[8301, PortMatrix.ConsulHttp, PortMatrix.ConsulDns])
        {
            yield return $"Consul:{port}";
        }

        if (machine.Roles.HasFlag(MachineRoles.ConsulServer))
        {
            yield return "Consul:8300";
            yield return "Consul:8302";
        }

        foreach (var part in NexusPart.Of(machine))
        {
            foreach (var port in (int[])(part.Role switch
            {
                MachineRoles.Manager => [PortMatrix.Api],
                MachineRoles.Gateway => [options.GatewayPort, PortMatrix.GatewayAdmin],
                _ => [PortMatrix.Worker],
            }))
            {
                yield return $"{part.Name}:{port}";
            }
        }
    }

    private static IEnumerable<string> SecretFiles(ImmutableArray<NexusPart> parts, bool isServer) =>
    [
        "ca.pem", "cert.pem", "key.pem", "gossip.key", "agent.token", "dns.token",
        .. parts.Select(part => $"{part.Name}.token"),
        .. isServer ? ["management.token", "acl-tokens.tsv"] : Array.Empty<string>(),
    ];
}
