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

    /// <summary>Its check fails, for however long, but gateways reach its replicas: only its agent, or that agent's Consul, is gone.</summary>
    SilentButReached,
}

/// <summary>
/// How a node's status moves with the evidence. A silent node is suspect before it is lost; an unknown one only when a second
/// witness speaks for it. One that is lost is lost until its agent itself answers: what it reports then comes first.
/// </summary>
public static class NodeLiveness
{
    private static readonly FrozenDictionary<(NodeStatus, NodeEvidence), NodeStatus> Table =
        new Dictionary<(NodeStatus, NodeEvidence), NodeStatus>
        {
            [(NodeStatus.Unknown, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Unknown, NodeEvidence.Silent)] = NodeStatus.Unknown,
            [(NodeStatus.Unknown, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Unknown, NodeEvidence.SilentButReached)] = NodeStatus.Suspect,
            [(NodeStatus.Ready, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Ready, NodeEvidence.Silent)] = NodeStatus.Suspect,
            [(NodeStatus.Ready, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Ready, NodeEvidence.SilentButReached)] = NodeStatus.Suspect,
            [(NodeStatus.Suspect, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Suspect, NodeEvidence.Silent)] = NodeStatus.Suspect,
            [(NodeStatus.Suspect, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Suspect, NodeEvidence.SilentButReached)] = NodeStatus.Suspect,
            [(NodeStatus.Lost, NodeEvidence.Answers)] = NodeStatus.Ready,
            [(NodeStatus.Lost, NodeEvidence.Silent)] = NodeStatus.Lost,
            [(NodeStatus.Lost, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Lost, NodeEvidence.SilentButReached)] = NodeStatus.Lost,
            [(NodeStatus.Draining, NodeEvidence.Answers)] = NodeStatus.Draining,
            [(NodeStatus.Draining, NodeEvidence.Silent)] = NodeStatus.Draining,
            [(NodeStatus.Draining, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Draining, NodeEvidence.SilentButReached)] = NodeStatus.Draining,
            [(NodeStatus.Drained, NodeEvidence.Answers)] = NodeStatus.Drained,
            [(NodeStatus.Drained, NodeEvidence.Silent)] = NodeStatus.Drained,
            [(NodeStatus.Drained, NodeEvidence.SilentTooLong)] = NodeStatus.Lost,
            [(NodeStatus.Drained, NodeEvidence.SilentButReached)] = NodeStatus.Drained,
        }.ToFrozenDictionary();

    /// <summary>The status after a look. Every pair of status and evidence is in the table.</summary>
    public static NodeStatus Next(NodeStatus status, NodeEvidence evidence) => Table[(status, evidence)];

    /// <summary>
    /// The status to show and to decide by: a node that answers and was taken out of use is Draining while anything is assigned
    /// to it and Drained after; put back to use, it is Ready. Every other status says more than the wish and stays.
    /// </summary>
    /// <param name="status">What <see cref="Next"/> says.</param>
    /// <param name="eligibility">What people say; null when nobody said anything.</param>
    /// <param name="assignment">What the node is told; null when it was never told anything.</param>
    public static NodeStatus WithEligibility(NodeStatus status, NodeEligibility? eligibility, NodeAssignment? assignment) =>
        status is not (NodeStatus.Ready or NodeStatus.Draining or NodeStatus.Drained) ? status
        : eligibility is not { Draining: true } ? NodeStatus.Ready
        : assignment is { Allocations.IsEmpty: false } ? NodeStatus.Draining
        : NodeStatus.Drained;

    /// <summary>A node that answers, but of which not all is known, is Unknown: nothing is placed there and nothing is concluded.</summary>
    public static NodeStatus WithDoubts(NodeStatus status, RecordDoubts doubts) =>
        doubts != RecordDoubts.None && status is (NodeStatus.Ready or NodeStatus.Draining or NodeStatus.Drained) ? NodeStatus.Unknown : status;
}
