using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Manifests.Compose;
using Nexus.Manifests.ConsulFiles;
using Nexus.Manifests.Parts;
using Nexus.Manifests.Ports;
using Nexus.Manifests.Systemd;

namespace Nexus.Manifests;

/// <summary>Makes what is copied to the machines of a cluster.</summary>
public static class DeploymentBundles
{
    /// <summary>
    /// All files of a deployment, in the order of their paths: a folder for each machine (<c>nodes/NAME/</c>), the scripts that
    /// bring them there, and a README. The same input gives the same bytes, and no secret is in them.
    /// </summary>
    /// <exception cref="BundleRefusedException"><see cref="BundleRules.FindProblems"/> found something.</exception>
    public static ImmutableArray<ManifestFile> Compute(
        ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(options);
        if (BundleRules.FindProblems(spec, topology, target, options) is { Length: > 0 } problems)
        {
            throw new BundleRefusedException(problems);
        }

        var matrix = PortMatrix.Compute(spec, options);
        var files = topology.Machines
            .SelectMany(machine => FilesOf(machine, spec, topology, target, options, matrix)
                .Select(file => file with { Path = $"nodes/{machine.Name}/{file.Path}" }))
            .Concat(DeploymentFiles(spec, topology, target, options))
            .Append(new ManifestFile("README.md", Readme.Compute(spec, topology, target, options, matrix)))
            .Append(new ManifestFile("rollout.sh", Template.Read("rollout.sh"), Executable: true));
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>What <c>secrets.sh</c> needs; a single machine has it too and makes its secrets itself.</summary>
    private static ImmutableArray<ManifestFile> DeploymentFiles(
        ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options) =>
    [
        new("cluster.env", NodeEnvironment.OfCluster(spec.Cluster, target, options)),
        new("nodes.tsv", NodeEnvironment.Nodes(topology)),
        new("tokens.tsv", NodeEnvironment.Tokens(topology)),
        new("secrets.sh", Template.Read("secrets.sh"), Executable: true),
    ];

    private static IEnumerable<ManifestFile> FilesOf(
        Machine machine, ClusterSpec spec, ClusterTopology topology, DeploymentTarget target, BundleOptions options,
        ImmutableArray<PortRule> matrix) =>
    [
        new("README.md", Readme.OfMachine(machine, topology, target)),
        new("install.sh", Template.Read("install.sh"), Executable: true),
        new("node.env", NodeEnvironment.OfNode(machine, topology, target, options)),
        new("etc/firewall.nft", Firewall.Compute(machine, topology, matrix, options)),
        new("etc/logrotate.conf", Template.Read("logrotate.conf")),
        new("systemd/nexus-firewall.service", Template.Read("nexus-firewall.service")),
        .. ConsulConfig.Compute(machine, topology, options),
        .. machine.Roles.HasFlag(MachineRoles.ConsulServer) ? AclFiles(topology) : [],
        .. topology.Machines.Length == 1 ? DeploymentFiles(spec, topology, target, options) : [],
        .. target == DeploymentTarget.Systemd
            ? Units.Compute(machine, spec, options).Add(new("nexus", Template.Read("nexus.systemd.sh"), Executable: true))
            : ComposeFiles(machine, spec, options),
    ];

    private static ImmutableArray<ManifestFile> AclFiles(ClusterTopology topology) =>
    [
        new("consul-acl.sh", Template.Read("consul-acl.sh"), Executable: true),
        .. ConsulPolicies.Compute(topology).Select(token => new ManifestFile($"consul/acl/{token.Policy}.hcl", token.Rules)),
    ];

    private static ImmutableArray<ManifestFile> ComposeFiles(Machine machine, ClusterSpec spec, BundleOptions options) =>
    [
        new("compose.yaml", ComposeFile.Compute(machine, spec, options)),
        new(".env", ComposeFile.Environment(machine, options)),
        new("systemd/nexus.tmpfiles", ComposeFile.Directories(machine)),
        new("systemd/nexus-keeper.service", Template.Read("nexus-keeper.service")),
        new("keeper.sh", Template.Read("keeper.sh"), Executable: true),
        new("nexus", Template.Read("nexus.compose.sh"), Executable: true),
    ];
}
