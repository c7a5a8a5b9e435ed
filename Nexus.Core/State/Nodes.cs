using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.State;

/// <summary>What a node can give. Written by its worker agent.</summary>
/// <param name="CpuMillicores">CPU in thousandths of a core.</param>
/// <param name="MemoryBytes">Memory in bytes.</param>
public readonly record struct NodeCapacity(int CpuMillicores, long MemoryBytes);

/// <summary>How replicas run on a node.</summary>
public enum RuntimeKind
{
    /// <summary>As containers of a Docker Engine.</summary>
    Docker,

    /// <summary>As plain processes.</summary>
    Process,
}

/// <summary>A worker node as its agent describes it.</summary>
public sealed record NodeRecord
{
    /// <summary>Its name.</summary>
    public required NodeName Node { get; init; }

    /// <summary>What it can give.</summary>
    public required NodeCapacity Capacity { get; init; }

    /// <summary>Architecture in the terms of container images: <c>amd64</c>, <c>arm64</c>.</summary>
    public required string Arch { get; init; }

    /// <summary>Labels that placement constraints match.</summary>
    public ImmutableSortedDictionary<string, string> Labels
    {
        get;
        init => field = value ?? ImmutableSortedDictionary<string, string>.Empty;
    } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Address at which its replicas are reached.</summary>
    public required string Address { get; init; }

    /// <summary>Base address of its agent's HTTP API.</summary>
    public required string ApiAddress { get; init; }

    /// <summary>Name of its Consul agent's node, where its checks are found.</summary>
    public required string ConsulNode { get; init; }

    /// <summary>How replicas run there.</summary>
    public RuntimeKind Runtime { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>What keeps the node from doing its work, in words; null while nothing does.</summary>
    public string? Problem { get; init; }
}

/// <summary>What the leader thinks of a node.</summary>
public enum NodeStatus
{
    /// <summary>Not observed by this leader yet; nothing is concluded.</summary>
    Unknown,

    /// <summary>Its agent answers.</summary>
    Ready,

    /// <summary>Its agent is silent, its replicas may well serve.</summary>
    Suspect,

    /// <summary>Silent for so long that its replicas are replaced elsewhere.</summary>
    Lost,

    /// <summary>Being emptied.</summary>
    Draining,

    /// <summary>Empty and kept so.</summary>
    Drained,
}

/// <summary>What is not known of a node because its record is missing or cannot be read.</summary>
[Flags]
public enum RecordDoubts
{
    /// <summary>All is known.</summary>
    None = 0,

    /// <summary>Its description.</summary>
    Record = 1,

    /// <summary>What is assigned to it.</summary>
    Assignment = 2,

    /// <summary>What it reports.</summary>
    Observation = 4,

    /// <summary>Whether people took it out of use.</summary>
    Eligibility = 8,
}

/// <summary>A node and what the leader thinks of it.</summary>
/// <param name="Record">What its agent says; null while that is missing or cannot be read.</param>
/// <param name="Status">What the leader thinks.</param>
/// <param name="Returning">
/// Whether what is last known of its allocations is old: it was lost and answers again but has not reported since, or its report
/// cannot be read. They are not replaced a second time, not counted as available, and no surplus of their pools is stopped,
/// until it has reported.
/// </param>
public sealed record NodeState(NodeRecord? Record, NodeStatus Status, bool Returning = false)
{
    /// <summary>What is not known of it. Nothing is placed on a node in doubt, and nothing there is stopped for the doubt.</summary>
    public RecordDoubts Doubts { get; init; }

    /// <summary>Its description, or while that is missing or cannot be read, the last one that could. To reach it by, not to decide by.</summary>
    public NodeRecord? LastKnown { get; init; } = Record;
}
