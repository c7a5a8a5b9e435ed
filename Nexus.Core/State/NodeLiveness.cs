using System.Collections.Frozen;

namespace Nexus.Core.State;

/// <summary>What is known of a node's agent at one look.</summary>
public enum NodeEvidence
{
    /// <summary>Its check passes.</summary>
    Answers,

    /// <summary>Its check fails or is missing, but not for long enough to give it up.</summary>
    Silent,

    /// <summary>Silent for longer than the limit.</summary>
    SilentTooLong,
}

/// <summary>How a node's status moves with the evidence. A silent node is suspect before it is lost; an unknown one is never suspect.</summary>
public static class NodeLiveness
{
    private static readonly FrozenDictionary<(NodeStatus, NodeEvidence), NodeStatus> Table =
        new Dictionary<(NodeStatus, NodeEvidence), NodeStatus>
        {
            [(NodeStatus.Unknown, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Unknown, NodeEvidence.Silent)] = NodeStatus.Unknown,
            [(NodeStatus.Unknown, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Ready, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Ready, NodeEvidence.Silent)] = NodeStatus.Suspect,
            [(NodeStatus.Ready, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Suspect, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Suspect, NodeEvidence.Silent)] = NodeStatus.Suspect,
            [(NodeStatus.Suspect, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Lost, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Lost, NodeEvidence.Silent)] = NodeStatus.Lost,
            [(NodeStatus.Lost, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Draining, NodeEvidence.Answers)] = NodeStatus.Draining,
            [(NodeStatus.Draining, NodeEvidence.Silent)] = NodeStatus.Draining,
            [(NodeStatus.Draining, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Drained, NodeEvidence.Answers)] = NodeStatus.Drained,
            [(NodeStatus.Drained, NodeEvidence.Silent)] = NodeStatus.Drained,
            [(NodeStatus.Drained, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
        }.ToFrozenDictionary();

    /// <summary>The status after a look. Every pair of status and evidence is in the table.</summary>
    public static NodeStatus Next(NodeStatus status, NodeEvidence evidence) => Table[(status, evidence)];
}
