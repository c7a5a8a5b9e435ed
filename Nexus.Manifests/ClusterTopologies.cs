using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Nexus.Manifests;

/// <summary>The clusters that have a name. Their addresses are placeholders for the private ones of real machines.</summary>
public static class ClusterTopologies
{
    private const MachineRoles Control = MachineRoles.ConsulServer | MachineRoles.Manager;

    /// <summary>Everything on one machine.</summary>
    public static ClusterTopology SingleNode { get; } = new(
        "single", [new Machine("node-1", "10.20.0.11", Control | MachineRoles.Gateway | MachineRoles.Worker)]);

    /// <summary>One manager, which is the gateway too, and two workers.</summary>
    public static ClusterTopology Small { get; } = new(
        "small", [new Machine("manager-1", "10.20.0.11", Control | MachineRoles.Gateway), .. Workers(2)]);

    /// <summary>Three machines, each of them everything: the least that goes on without any one of them.</summary>
    public static ClusterTopology Three { get; } = new(
        "three",
        [
            .. Enumerable.Range(1, 3).Select(n =>
                new Machine($"node-{n}", $"10.20.0.{10 + n}", Control | MachineRoles.Gateway | MachineRoles.Worker)),
        ]);

    /// <summary>Three managers, two of them gateways, and six workers: no machine is needed for the cluster to go on.</summary>
    public static ClusterTopology Ha { get; } = new(
        "ha",
        [
            new Machine("manager-1", "10.20.0.11", Control | MachineRoles.Gateway),
            new Machine("manager-2", "10.20.0.12", Control | MachineRoles.Gateway),
            new Machine("manager-3", "10.20.0.13", Control),
            .. Workers(6),
        ]);

    /// <summary>What they are called, from small to large.</summary>
    public static ImmutableArray<string> Names { get; } = [SingleNode.Name, Small.Name, Three.Name, Ha.Name];

    /// <summary>The cluster of that name; false when there is none, and <see cref="Refusal"/> says so to people.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ClusterTopology? topology)
    {
        topology = name switch
        {
            "single" => SingleNode,
            "small" => Small,
            "three" => Three,
            "ha" => Ha,
            _ => null,
        };
        return topology is not null;
    }

    /// <summary>What to tell somebody who asked for a topology that does not exist.</summary>
    public static string Refusal(string name) => $"topology: found '{name}'; allowed are {string.Join(", ", Names)}.";

    private static ImmutableArray<Machine> Workers(int count) =>
        [.. Enumerable.Range(1, count).Select(n => new Machine($"worker-{n}", $"10.20.0.{20 + n}", MachineRoles.Worker))];
}
