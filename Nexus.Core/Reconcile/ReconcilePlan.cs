using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>What the leader should change, and why. Holds only at <see cref="Index"/>.</summary>
/// <param name="Index">Index of the snapshot it was made from.</param>
/// <param name="Steps">What to change; order carries no meaning.</param>
/// <param name="Blocked">Pools whose replicas cannot all be placed.</param>
/// <param name="LookAgainAt">When time alone may allow a further step; null when only a change can.</param>
public sealed record ReconcilePlan(
    ulong Index, ImmutableArray<ReconcileStep> Steps, ImmutableArray<BlockedPool> Blocked, DateTimeOffset? LookAgainAt)
{
    /// <summary>Rollouts that moved on; to be written in the same transaction as the steps, or not at all.</summary>
    public ImmutableArray<RolloutRecord> Rollouts { get; init; } = [];

    /// <summary>The routes to write with the steps; null when they stay as they are.</summary>
    public RoutesRecord? Routes { get; init; }

    /// <summary>Routes that wait for their pool, and for what.</summary>
    public ImmutableArray<RouteWait> Waits { get; init; } = [];

    /// <summary>What people should hear of once the plan is committed.</summary>
    public ImmutableArray<PlanNotice> Notices { get; init; } = [];

    /// <summary>How far each node that people are taking out of use is.</summary>
    public ImmutableArray<NodeDrain> Drains { get; init; } = [];

    /// <summary>Nodes whose assignment is to be written anew for a setting of the cluster, whether or not a step touches them.</summary>
    public ImmutableArray<NodeName> Refreshed { get; init; } = [];

    /// <summary>Whether nothing is to be changed.</summary>
    public bool IsEmpty => Steps.IsEmpty && Rollouts.IsEmpty && Refreshed.IsEmpty && Routes is null;
}

/// <summary>Something that a plan's commit makes true and that is worth an event.</summary>
/// <param name="Kind">Kind of the event, in PascalCase.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">In one sentence.</param>
/// <param name="Pool">Pool it concerns; null for none.</param>
public sealed record PlanNotice(string Kind, EventSeverity Severity, string Message, PoolName? Pool);

/// <summary>How far a node is that is being emptied.</summary>
/// <param name="Node">The node.</param>
/// <param name="Left">Allocations still there.</param>
/// <param name="Blocked">Why it cannot go on, in words; null while it can.</param>
public sealed record NodeDrain(NodeName Node, int Left, string? Blocked);

/// <summary>Have an allocation that runs kept paused from now on, or one that is paused run.</summary>
/// <param name="Pool">Pool of the allocation.</param>
/// <param name="Allocation">The allocation.</param>
/// <param name="Node">Its node.</param>
/// <param name="Desired"><see cref="DesiredStatus.Run"/> or <see cref="DesiredStatus.Standby"/>.</param>
/// <param name="Reason">Why.</param>
public sealed record ChangeStep(PoolName Pool, AllocationId Allocation, NodeName Node, DesiredStatus Desired, string Reason)
    : ReconcileStep(Pool, Allocation, Node, Reason);

/// <summary>One change to one node's assignment.</summary>
/// <param name="Pool">Pool of the allocation.</param>
/// <param name="Allocation">The allocation.</param>
/// <param name="Node">Its node.</param>
/// <param name="Reason">Why, in words a person reads in the event list.</param>
public abstract record ReconcileStep(PoolName Pool, AllocationId Allocation, NodeName Node, string Reason);

/// <summary>Assign a new allocation to a node.</summary>
/// <param name="Pool">Pool of the allocation.</param>
/// <param name="Allocation">The new allocation.</param>
/// <param name="Node">Where.</param>
/// <param name="Revision">Revision of the pool's template.</param>
/// <param name="Reason">Why.</param>
/// <param name="Desired">Whether it shall serve or stand by.</param>
public sealed record PlaceStep(
    PoolName Pool, AllocationId Allocation, NodeName Node, PoolRevision Revision, string Reason,
    DesiredStatus Desired = DesiredStatus.Run)
    : ReconcileStep(Pool, Allocation, Node, Reason);

/// <summary>Want an allocation drained, stopped and gone.</summary>
/// <param name="Pool">Pool of the allocation.</param>
/// <param name="Allocation">The allocation.</param>
/// <param name="Node">Its node.</param>
/// <param name="Reason">Why.</param>
public sealed record StopStep(PoolName Pool, AllocationId Allocation, NodeName Node, string Reason)
    : ReconcileStep(Pool, Allocation, Node, Reason);

/// <summary>Drop an allocation that its node reports gone.</summary>
/// <param name="Pool">Pool of the allocation.</param>
/// <param name="Allocation">The allocation.</param>
/// <param name="Node">Its node.</param>
/// <param name="Reason">Why.</param>
public sealed record ForgetStep(PoolName Pool, AllocationId Allocation, NodeName Node, string Reason)
    : ReconcileStep(Pool, Allocation, Node, Reason);

/// <summary>A pool that wants more replicas than can be placed.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Missing">How many cannot be placed.</param>
/// <param name="Reason">Why, with a count of nodes per reason.</param>
public sealed record BlockedPool(PoolName Pool, int Missing, string Reason);
