using System.Collections.Immutable;

namespace Nexus.Manifests;

/// <summary>What a machine is for; a machine can be for several things.</summary>
[Flags]
public enum MachineRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A voting member of Consul.</summary>
    ConsulServer = 1,

    /// <summary>Runs the orchestrator.</summary>
    Manager = 2,

    /// <summary>Takes requests from outside.</summary>
    Gateway = 4,

    /// <summary>Runs replicas.</summary>
    Worker = 8,
}

/// <summary>A machine of a deployment.</summary>
/// <param name="Name">Its name, unique in the deployment.</param>
/// <param name="Address">Its private address, where its peers reach it.</param>
/// <param name="Roles">What it is for.</param>
public sealed record Machine(string Name, string Address, MachineRoles Roles);

/// <summary>The machines of a deployment.</summary>
/// <param name="Name"><c>single</c>, <c>small</c> or <c>ha</c>.</param>
/// <param name="Machines">The machines, in the order of their names.</param>
public sealed record ClusterTopology(string Name, ImmutableArray<Machine> Machines);
