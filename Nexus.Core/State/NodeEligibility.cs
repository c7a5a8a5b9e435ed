using Nexus.Core.Ids;

namespace Nexus.Core.State;

/// <summary>That a person took a node out of use. A node without this is in use.</summary>
/// <param name="Node">The node.</param>
/// <param name="Draining">True empties it and keeps it empty; false puts it back to use.</param>
/// <param name="Reason">Why, in the person's words; may be empty.</param>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
public sealed record NodeEligibility(NodeName Node, bool Draining, string Reason, string By, DateTimeOffset At)
{
    /// <summary>
    /// Whether the node, being lost, shall be forgotten without waiting longer. Void when its agent has answered since
    /// <see cref="At"/>.
    /// </summary>
    public bool Forget { get; init; }

    /// <summary>Whether replicas leave the node although their volumes, and the data in them, stay behind.</summary>
    public bool LeaveVolumes { get; init; }
}
