using System.Collections.Immutable;
using System.Text;
using Nexus.Core.Spec;
using Nexus.Manifests.Parts;
using Nexus.Manifests.Ports;

namespace Nexus.Manifests;

/// <summary>The bundle's README: machines, port matrix and the runbook in ten lines.</summary>
internal static class Readme
{
    /// <summary>The text.</summary>
    public static string Compute(
        ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options, ImmutableArray<PortRule> matrix)
    {
        var text = new StringBuilder($"""
            # {spec.Cluster}: Nexus {options.Version}, topology {topology.Name}, {(target == DeploymentTarget.Compose ? "Docker Compose" : "systemd")}, {options.Architecture}

            Made by publishing; change the spec, the topology or the options and publish again rather than these files. What one
            machine alone needs goes into {LocalFile(target)} there, which no release touches.

            | machine | private address | roles |
            |---|---|---|

            """);
        foreach (var machine in NodeEnvironment.InOrder(topology))
        {
            text.Append($"| {machine.Name} | {machine.Address} | {string.Join(", ", NodeEnvironment.Roles(machine))} |\n");
        }

        return text.Append('\n').Append(Runbook(topology, target, options)).Append('\n').Append(Ports(matrix, options)).ToString();
    }

    /// <summary>What somebody finds who looks at one machine.</summary>
    public static string OfMachine(Machine machine, ClusterTopology topology, DeploymentTarget target)
    {
        var isCompose = target == DeploymentTarget.Compose;
        var manager = topology.Machines.First(m => m.Roles.HasFlag(MachineRoles.Manager));
        return $"""
            # {machine.Name}

            A machine of a Nexus cluster of the topology {topology.Name}, at {machine.Address}: {string.Join(", ", NodeEnvironment.Roles(machine))}.

            - Install, or repair: `sudo ./install.sh`; what it would do: `sudo ./install.sh --check`. It changes nothing unless all is well.
            - Secrets come beside it in `secrets/`{(topology.Machines.Length == 1 ? ", or are made by it" : "")}; installed, they are in `/etc/nexus/secrets`.
            - Settings of this machine alone: {LocalFile(target)}.
            - How it is: {(isCompose ? "`docker ps`, `docker logs nexus-PART`" : "`systemctl status 'nexus-*' consul`, `/var/log/nexus`")}; the cluster: `nexus status`{(machine.Roles.HasFlag(MachineRoles.Manager) ? "" : $" on {manager.Name}")}.
            - The release before is in `/opt/nexus/previous`: its `install.sh` goes back to it.
            - Ports that are open to whom: `etc/firewall.nft`. The runbook of the whole is in the README beside the machines' folders.

            """.ReplaceLineEndings("\n");
    }

    private static string LocalFile(DeploymentTarget target) => target == DeploymentTarget.Compose
        ? "`/etc/nexus/compose.local.yaml` (a second compose file)"
        : "`/etc/nexus/PART.local.env`";

    private static string Runbook(ClusterTopology topology, DeploymentTarget target, BundleOptions options)
    {
        var manager = topology.Machines.First(m => m.Roles.HasFlag(MachineRoles.Manager)).Name;
        var programs = target == DeploymentTarget.Systemd
            ? $"`eng/publish.sh --arch {(options.Architecture == "amd64" ? "x64" : options.Architecture)} --out binaries`: the programs. Consul comes from the machines' own package, or by `--consul FILE`."
            : "`eng/images.sh` makes the images. Push them under the names in each `.env`, or put them as `images/*.tar.gz` into the machine's folder.";
        var journal = target == DeploymentTarget.Systemd ? "`journalctl -u nexus-orchestrator`, `/var/log/nexus`" : "`docker logs nexus-orchestrator`";
        return $"""
            ## Runbook

            1. `./secrets.sh`: makes gossip key, certificates and tokens outside this folder. Back them up.
            2. {programs}
            3. `ssh-keyscan` each machine, compare the keys with what its console says, put them into `known_hosts`.
            4. `./rollout.sh check`: every machine says what it lacks; nothing is changed.
            5. `./rollout.sh`: machine by machine; a worker is drained first; the first failure stops it. Repeat it at will.
            6. Copy your `nexus.yaml` to {manager}; there `nexus apply nexus.yaml --wait`: the pools.
            7. Go back: `./rollout.sh back`, or `--only MACHINE`; each keeps the release before.
            8. Look: `nexus status`, `nexus events`, {journal}, `./rollout.sh status`.
            9. Consul's UI: `ssh -L 8500:127.0.0.1:8500 {manager}`, log in with the management token. Save its data: `consul snapshot save`.
            10. Certificates end after 825 days: `./secrets.sh --renew-certificates`, then `./rollout.sh`.

            Without SSH: copy `nodes/NAME` to the machine, its secrets into `secrets/` of that folder{(target == DeploymentTarget.Systemd ? ", the programs into `bin/`" : "")}, and run `sudo ./install.sh`{(topology.Machines.Length == 1 ? " (a single machine makes its secrets itself)" : "; Consul's servers first")}.

            """;
    }

    private static string Ports(ImmutableArray<PortRule> matrix, BundleOptions options)
    {
        var text = new StringBuilder("""
            ## Port matrix

            `etc/firewall.nft` of each machine is made from this; everything else is dropped.

            | from | to | port | protocol | purpose |
            |---|---|---|---|---|

            """);
        foreach (var rule in matrix)
        {
            text.Append($"| {Source(rule, options)} | {Names(rule.To)} | {rule.Ports} | {rule.Protocols} | {rule.Purpose} |\n");
        }

        return text.Append("""
            | the machine itself | itself | 8500 | tcp | Consul's API, on the loopback only: every part asks the agent beside it |

            """).ToString();
    }

    private static string Source(PortRule rule, BundleOptions options) => rule.Source switch
    {
        PortSource.Internet => "anybody",
        PortSource.Admins => options.AdminNetworks.IsDefaultOrEmpty ? "anybody with a key" : string.Join(", ", options.AdminNetworks),
        PortSource.OwnReplicas => "replicas on it",
        _ => Names(rule.From),
    };

    private static string Names(MachineRoles roles) => roles == PortRule.Any
        ? "all machines"
        : string.Join(", ", NodeEnvironment.Roles(new Machine("", "", roles)).Select(role => role + "s"));
}
