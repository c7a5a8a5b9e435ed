using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.Reconcile;

/// <summary>What the leader should change, and why. Holds only at <see cref="Index"/>.</summary>
/// <param name="Index">Index of the snapshot it was made from.</param>
/// <param name="Steps">What to change; order carries no meaning.</param>
/// <param name="Blocked">Pools whose replicas cannot all be placed.</param>
/// <param name="LookAgainAt">When time alone may allow a further step; null when only a change can.</param>
public sealed record ReconcilePlan(
    ulong Index, ImmutableArray<ReconcileStep> Steps, ImmutableArray<BlockedPool> Blocked, DateTimeOffset? LookAgainAt)
{
    /// <summary>Whether nothing is to be changed.</summary>
    public bool IsEmpty => Steps.IsEmpty;
}

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
public sealed record PlaceStep(PoolName Pool, AllocationId Allocation, NodeName Node, PoolRevision Revision, string Reason)
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
