using System.Collections.Immutable;

namespace Nexus.Manifests.ConsulFiles;

/// <summary>A token of the deployment: who has it and what it allows. Its secret is made by <c>secrets.sh</c>.</summary>
/// <param name="Policy">Name of its policy.</param>
/// <param name="Machine">Machine that gets it; null for one that all machines get.</param>
/// <param name="Part">What it is for on that machine: <c>agent</c>, <c>orchestrator</c>, <c>gateway</c>, <c>worker</c>, <c>dns</c>.</param>
/// <param name="Rules">The policy.</param>
internal sealed record ConsulToken(string Policy, string? Machine, string Part, string Rules);

/// <summary>
/// Least rights by role and machine. Consul answers forbidden lists with empty ones, so what a part reads must be spelled out
/// here in full; the boot of a whole bundle in the tests is the proof.
/// </summary>
internal static class ConsulPolicies
{
    /// <summary>Every token of a deployment.</summary>
    public static ImmutableArray<ConsulToken> Compute(ClusterTopology topology) =>
    [
        new("nexus-dns", null, "dns", Dns),
        .. topology.Machines.SelectMany(Of),
    ];

    private static IEnumerable<ConsulToken> Of(Machine machine)
    {
        yield return new($"nexus-agent-{machine.Name}", machine.Name, "agent", Agent(machine.Name));
        if (machine.Roles.HasFlag(MachineRoles.Manager))
        {
            yield return new($"nexus-orchestrator-{machine.Name}", machine.Name, "orchestrator", Orchestrator(machine.Name));
        }

        if (machine.Roles.HasFlag(MachineRoles.Gateway))
        {
            yield return new($"nexus-gateway-{machine.Name}", machine.Name, "gateway", Gateway(machine.Name));
        }

        if (machine.Roles.HasFlag(MachineRoles.Worker))
        {
            yield return new($"nexus-worker-{machine.Name}", machine.Name, "worker", Worker(machine.Name));
        }
    }

    /// <summary>What can serve, and where.</summary>
    private const string ReadCatalog = """
        service_prefix "" { policy = "read" }
        node_prefix "" { policy = "read" }
        """;

    /// <summary>Sessions hang on checks of the machine's agent, which has to be asked about itself.</summary>
    private static string HoldSession(string machine) => $$"""
        {{ReadAgent(machine)}}
        session "{{machine}}" { policy = "write" }
        session_prefix "" { policy = "read" }
        """;

    private static string ReadAgent(string machine) => $$"""agent "{{machine}}" { policy = "read" }""";

    private const string Dns = $"""
        # Names of pools, for whoever asks without a token.
        {ReadCatalog}

        """;

    private static string Agent(string machine) => $$"""
        # The Consul agent of {{machine}}: its own entry in the catalog.
        node "{{machine}}" { policy = "write" }
        node_prefix "" { policy = "read" }
        service_prefix "" { policy = "read" }

        """;

    private static string Orchestrator(string machine) => $$"""
        # The manager on {{machine}}: all of the state, and its own registration.
        key_prefix "nexus/" { policy = "write" }
        service "nexus-orchestrator" { policy = "write" }
        {{ReadCatalog}}
        {{HoldSession(machine)}}

        """;

    private static string Gateway(string machine) => $$"""
        # The gateway on {{machine}}: reads what to route, writes its own report.
        key_prefix "nexus/spec/" { policy = "read" }
        key_prefix "nexus/rollouts/" { policy = "read" }
        key "nexus/routes" { policy = "read" }
        key_prefix "nexus/nodes/" { policy = "read" }
        key "nexus/gateways/{{machine}}" { policy = "write" }
        service "nexus-gateway" { policy = "write" }
        {{ReadCatalog}}
        {{HoldSession(machine)}}

        """;

    private static string Worker(string machine) => $$"""
        # The worker agent on {{machine}}: reads its assignment, writes what runs here, registers replicas of any pool.
        key "nexus/cluster" { policy = "read" }
        key "nexus/desired/{{machine}}" { policy = "read" }
        key "nexus/observed/{{machine}}" { policy = "write" }
        key "nexus/nodes/{{machine}}" { policy = "write" }
        key_prefix "nexus/gateways/" { policy = "read" }
        key_prefix "nexus/events/" { policy = "write" }
        service_prefix "" { policy = "write" }
        service "nexus-orchestrator" { policy = "read" }
        service "nexus-gateway" { policy = "read" }
        node_prefix "" { policy = "read" }
        {{ReadAgent(machine)}}

        """;
}
