namespace Nexus.Manifests.Ports;

/// <summary>Who may speak to a port.</summary>
internal enum PortSource
{
    /// <summary>Anybody.</summary>
    Internet,

    /// <summary>People who run the cluster.</summary>
    Admins,

    /// <summary>Machines of the cluster with one of the roles.</summary>
    Machines,

    /// <summary>Replicas of the machine itself, in containers.</summary>
    OwnReplicas,
}

/// <summary>One line of the port matrix: the firewall and the README are both made of these.</summary>
/// <param name="Source">Who speaks.</param>
/// <param name="From">With <see cref="PortSource.Machines"/>: whoever has one of these roles.</param>
/// <param name="To">Listens on machines with one of these roles.</param>
/// <param name="Ports">The ports, in nftables' words: <c>80</c>, <c>8300-8302</c>.</param>
/// <param name="Protocols"><c>tcp</c>, <c>udp</c> or both.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Forwarded">Whether the port may be one that Docker publishes, so that packets pass by the input chain.</param>
internal sealed record PortRule(
    PortSource Source, MachineRoles From, MachineRoles To, string Ports, string Protocols, string Purpose, bool Forwarded = false)
{
    /// <summary>Every role.</summary>
    public const MachineRoles Any = MachineRoles.ConsulServer | MachineRoles.Manager | MachineRoles.Gateway | MachineRoles.Worker;
}
