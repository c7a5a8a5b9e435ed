using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>A workload as the runtime lists it.</summary>
public sealed record SeenWorkload
{
    /// <summary>What the runtime calls it.</summary>
    public required string Id { get; init; }

    /// <summary>The allocation it embodies.</summary>
    public required AllocationId Allocation { get; init; }

    /// <summary>Its pool; null where the lister does not say.</summary>
    public PoolName? Pool { get; init; }

    /// <summary>Which try it is, from 0.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether it has ended; one that was made and not started counts as not ended.</summary>
    public bool Ended { get; init; }

    /// <summary>Whether it runs.</summary>
    public bool Running { get; init; }

    /// <summary>Whether it runs and is paused.</summary>
    public bool Paused { get; init; }

    /// <summary>Exit code once ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the kernel ended it for want of memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>Port of the node that leads to it.</summary>
    public int? Port { get; init; }

    /// <summary>How its engine forwards connections to <see cref="Port"/>; null where the workload listens there itself.</summary>
    public PortForwarding? Forwarding { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>What a task of the agent is doing with an allocation at the moment.</summary>
public enum OngoingWork
{
    /// <summary>Pulls, starts or probes it.</summary>
    Starting,

    /// <summary>Drains, stops, kills or removes it.</summary>
    Stopping,

    /// <summary>Anything short: records an end, registers it.</summary>
    Other,
}

/// <summary>Everything a node's convergence is computed from. The memory must be no newer than the list of workloads.</summary>
public sealed record NodeSnapshot
{
    /// <summary>The assignment held; null when none was ever read.</summary>
    public NodeAssignment? Assignment { get; init; }

    /// <summary>Whether Consul itself confirmed the assignment since the agent started; one from disk alone removes nothing.</summary>
    public bool Confirmed { get; init; }

    /// <summary>
    /// Whether what has no trace here may be started although the assignment is not confirmed: Consul has been silent for
    /// long, so it is likely away, and the last that is known is the best there is.
    /// </summary>
    public bool TrustsFile { get; init; }

    /// <summary>What the runtime lists.</summary>
    public ImmutableArray<SeenWorkload> Workloads { get; init; } = [];

    /// <summary>What the agent remembers.</summary>
    public ImmutableDictionary<AllocationId, AllocationMemory> Memory { get; init; } =
        ImmutableDictionary<AllocationId, AllocationMemory>.Empty;

    /// <summary>Allocations that a task is working on; they are left to it.</summary>
    public ImmutableDictionary<AllocationId, OngoingWork> Ongoing { get; init; } =
        ImmutableDictionary<AllocationId, OngoingWork>.Empty;

    /// <summary>Replicas of watched nodes that died and do not serve again.</summary>
    public ImmutableArray<PeerDeath> PeerDeaths { get; init; } = [];

    /// <summary>Allocations registered in the local Consul agent, with the try that is registered.</summary>
    public ImmutableDictionary<AllocationId, int> Registered { get; init; } = ImmutableDictionary<AllocationId, int>.Empty;
}

/// <summary>A replica of another node that was heard to die.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="At">When that was heard.</param>
public sealed record PeerDeath(AllocationId Allocation, PoolName Pool, PoolRevision Revision, DateTimeOffset At);

/// <summary>One thing to do for one allocation.</summary>
/// <param name="Allocation">The allocation.</param>
public abstract record ConvergenceAction(AllocationId Allocation);

/// <summary>Pull, start, prove, register.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Attempt">Number of the try.</param>
public sealed record StartWorkload(AllocationAssignment Assignment, PoolTemplate Template, int Attempt)
    : ConvergenceAction(Assignment.Id);

/// <summary>A workload runs that this agent did not start: prove and register it.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Workload">What runs.</param>
public sealed record AdoptWorkload(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload Workload)
    : ConvergenceAction(Assignment.Id);

/// <summary>A workload ended unasked: keep its last words and decide when to try again.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Workload">What ended; null when nothing is left of it.</param>
public sealed record RecordEnd(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload? Workload)
    : ConvergenceAction(Assignment.Id);

/// <summary>Kill a replica whose check says it does not serve; its end is then answered like any other.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">How it is asked.</param>
/// <param name="Workload">What runs.</param>
public sealed record KillUnhealthy(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload Workload)
    : ConvergenceAction(Assignment.Id);

/// <summary>Let a paused workload go on, prove it once more, register it.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Workload">What is paused.</param>
public sealed record WakeStandby(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload Workload)
    : ConvergenceAction(Assignment.Id)
{
    /// <summary>The assignment under which it is woken without having been asked for; null when the leader wants it to run.</summary>
    public LeaderWord? StandsIn { get; init; }
}

/// <summary>Drain a replica that serves, deregister it, and keep it paused.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Workload">What runs.</param>
public sealed record DrainAndPause(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload Workload)
    : ConvergenceAction(Assignment.Id);

/// <summary>It is found paused, as wanted, by an agent that did not pause it.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Workload">What is paused.</param>
public sealed record NotePaused(AllocationAssignment Assignment, SeenWorkload Workload) : ConvergenceAction(Assignment.Id);

/// <summary>It cannot be started yet: say why.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Reason">Why.</param>
public sealed record NoteWaiting(AllocationAssignment Assignment, string Reason) : ConvergenceAction(Assignment.Id);

/// <summary>Which assignment.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Generation">Its generation.</param>
public readonly record struct LeaderWord(ulong Epoch, ulong Generation);

/// <summary>Drain, stop, deregister, remove.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Template">How it is drained; null when no assignment says so any more.</param>
/// <param name="Workloads">What runs of it.</param>
/// <param name="Reason">Why.</param>
public sealed record DrainAndStop(
    AllocationId Allocation, PoolTemplate? Template, ImmutableArray<SeenWorkload> Workloads, string Reason)
    : ConvergenceAction(Allocation)
{
    /// <summary>What the leader says of it; null when it is not assigned here.</summary>
    public AllocationAssignment? Assignment { get; init; }
}

/// <summary>Remove what is left of an ended workload.</summary>
/// <param name="Workload">The workload.</param>
public sealed record RemoveWorkload(SeenWorkload Workload) : ConvergenceAction(Workload.Allocation);

/// <summary>Break off a start that is no longer wanted.</summary>
/// <param name="Allocation">The allocation.</param>
public sealed record CancelStart(AllocationId Allocation) : ConvergenceAction(Allocation);

/// <summary>Register a running replica that Consul does not know, or knows by an earlier try.</summary>
/// <param name="Assignment">The allocation.</param>
/// <param name="Template">What it is.</param>
/// <param name="Workload">What runs.</param>
public sealed record RegisterService(AllocationAssignment Assignment, PoolTemplate Template, SeenWorkload Workload)
    : ConvergenceAction(Assignment.Id);

/// <summary>Take a service out of Consul behind which nothing runs.</summary>
/// <param name="Allocation">The allocation.</param>
public sealed record DeregisterService(AllocationId Allocation) : ConvergenceAction(Allocation);

/// <summary>Nothing of it runs, as wanted: say so.</summary>
/// <param name="Assignment">The allocation.</param>
public sealed record NoteStopped(AllocationAssignment Assignment) : ConvergenceAction(Assignment.Id);

/// <summary>Neither assigned nor there: forget it.</summary>
/// <param name="Allocation">The allocation.</param>
public sealed record Forget(AllocationId Allocation) : ConvergenceAction(Allocation);

/// <summary>What to do on a node, and when to look again at the latest.</summary>
/// <param name="Actions">What to do; at most one start per allocation.</param>
/// <param name="LookAgainAt">When a delay ends; null when none runs.</param>
/// <param name="Frozen">Pools whose liveness restarts are held back because too many turned unhealthy at once.</param>
public sealed record ConvergencePlan(
    ImmutableArray<ConvergenceAction> Actions, DateTimeOffset? LookAgainAt, ImmutableArray<PoolName> Frozen);
