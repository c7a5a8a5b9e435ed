using System.Collections.Immutable;

namespace Nexus.Manifests.Parts;

/// <summary>A part of Nexus as a machine runs it.</summary>
/// <param name="Name">Its short name, also of its unit, image and token.</param>
/// <param name="Role">Machines that run it.</param>
/// <param name="Program">Name of its executable.</param>
/// <param name="UserId">Its user in containers; also its group's, but for <see cref="Group"/>.</param>
/// <param name="MemoryMegabytes">The most it may use.</param>
/// <param name="WatchdogSeconds">Silence after which systemd, or the keeper of its container, restarts it.</param>
internal sealed record NexusPart(
    string Name, MachineRoles Role, string Program, int UserId, int MemoryMegabytes, int WatchdogSeconds)
{
    /// <summary>Group of all three, which may read each other's logs.</summary>
    public const int Group = 61101;

    /// <summary>User and group of Consul in containers.</summary>
    public const int Consul = 61100;

    /// <summary>Silence after which the keeper restarts Consul's container.</summary>
    public const int ConsulLimitSeconds = 60;

    /// <summary>The manager; its watchdog is the one the operations handbook asks for.</summary>
    public static NexusPart Orchestrator { get; } = new("orchestrator", MachineRoles.Manager, "Nexus.Orchestrator", 61101, 512, 60);

    /// <summary>The gateway.</summary>
    public static NexusPart Gateway { get; } = new("gateway", MachineRoles.Gateway, "Nexus.Gateway", 61102, 768, 30);

    /// <summary>The worker agent.</summary>
    public static NexusPart Worker { get; } = new("worker", MachineRoles.Worker, "Nexus.WorkerAgent", 61103, 384, 30);

    /// <summary>All of them, in the order of their start.</summary>
    public static ImmutableArray<NexusPart> All { get; } = [Orchestrator, Gateway, Worker];

    /// <summary>Those of one machine.</summary>
    public static IEnumerable<NexusPart> Of(Machine machine) => All.Where(part => machine.Roles.HasFlag(part.Role));
}
