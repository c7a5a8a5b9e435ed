using System.Text.Json.Serialization;

namespace Nexus.Api.V1;

/// <summary>What happened to an allocation, as its agent pushes it.</summary>
public enum AllocationChangeKind
{
    /// <summary>It serves at the address given, or goes on serving.</summary>
    Serving,

    /// <summary>Its checks fail.</summary>
    Unhealthy,

    /// <summary>It shall get no new requests.</summary>
    Draining,

    /// <summary>Its workload ended.</summary>
    Gone,
}

/// <summary>News of one allocation, from its node straight to the gateways.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Node">Its node.</param>
/// <param name="Attempt">Which try of it: what is said of an earlier one says nothing about a later one.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Address">Where it serves; null unless it does.</param>
/// <param name="Port">Where it serves; null unless it does.</param>
public sealed record AllocationChange(
    string Allocation, string Pool, string Revision, string Node, int Attempt, AllocationChangeKind Kind, string? Address, int? Port);

/// <summary>A fault to cause on purpose.</summary>
public enum DrillFault
{
    /// <summary>SIGKILL to its main process.</summary>
    Kill,

    /// <summary>SIGSTOP: it accepts connections and answers none.</summary>
    Hang,

    /// <summary>SIGCONT.</summary>
    Resume,
}

/// <summary>Causes a fault in an allocation.</summary>
/// <param name="Fault">Which.</param>
public sealed record DrillCommand([property: JsonRequired] DrillFault Fault);
