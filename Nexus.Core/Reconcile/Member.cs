using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>One allocation with all that is known of it.</summary>
internal sealed record Member(AllocationAssignment Assignment, NodeName Node, NodeStatus NodeStatus, ObservedAllocation? Observed)
{
    public AllocationId Id => Assignment.Id;

    public PoolRevision Revision => Assignment.Revision;

    /// <summary>What it is made from; null when its node's assignment does not say.</summary>
    public PoolTemplate? Template { get; init; }

    /// <summary>Whether its node is being emptied.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Whether its volumes keep it on its node.</summary>
    public bool IsHeldByVolume { get; init; }

    /// <summary>Whether what is known of it is old: its node was lost and has not reported since, or its report cannot be read.</summary>
    public bool IsReturning { get; init; }

    /// <summary>Whether every live gateway that routes its pool knows its present attempt.</summary>
    public bool IsAcknowledged { get; init; } = true;

    /// <summary>Whether its agent has acted on its present orders, as far as its last report says.</summary>
    public bool HasActed { get; init; }

    public bool IsLost => NodeStatus == NodeStatus.Lost;

    /// <summary>Wanted to serve, on a node that is not given up.</summary>
    public bool Runs => Assignment.Desired == DesiredStatus.Run && !IsLost;

    public bool IsHealthy => Observed is { Phase: AllocationPhase.Running, Healthy: true };

    /// <summary>Tried and failed, or stopped being healthy; one that is only on its way up is not down.</summary>
    public bool IsDown => Observed is { } seen && !IsHealthy
        && (seen.Phase is AllocationPhase.Failed or AllocationPhase.Running || (seen.Failures > 0 && seen.Phase != AllocationPhase.Paused));

    /// <summary>Serving for long enough, as its agent and the gateways see it, to be counted on.</summary>
    public bool IsAvailable(TimeSpan minHealthyTime, DateTimeOffset now) =>
        IsAcknowledged && !IsReturning && !IsLost && AvailableAt(minHealthyTime) <= now;

    /// <summary>When it can be counted on if it stays healthy; null while it is not healthy.</summary>
    public DateTimeOffset? AvailableAt(TimeSpan minHealthyTime) =>
        IsHealthy && Observed!.HealthySince is { } since ? since + minHealthyTime : null;
}
