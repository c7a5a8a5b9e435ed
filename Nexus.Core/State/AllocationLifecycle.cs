using System.Collections.Frozen;
using static Nexus.Core.State.AllocationEvent;
using static Nexus.Core.State.AllocationPhase;

namespace Nexus.Core.State;

/// <summary>What can happen to an allocation.</summary>
public enum AllocationEvent
{
    /// <summary>Its agent began to start it; the image comes first.</summary>
    PullBegun,

    /// <summary>The image cannot be had.</summary>
    PullFailed,

    /// <summary>Its workload runs: just started, or found running by a new agent.</summary>
    WorkloadRuns,

    /// <summary>The workload could not be started, or did not serve in time.</summary>
    StartFailed,

    /// <summary>Its startup probe passed.</summary>
    Serving,

    /// <summary>Its workload ended unasked.</summary>
    Ended,

    /// <summary>Its agent began to drain it.</summary>
    StopBegun,

    /// <summary>Nothing of it runs any more, as wanted.</summary>
    Gone,

    /// <summary>The leader gave its node up.</summary>
    NodeLost,

    /// <summary>Its node is heard again.</summary>
    NodeBack,

    /// <summary>Its workload is paused, as wanted: just proven to serve, drained, or found so by a new agent.</summary>
    Slept,
}

/// <summary>The state machine of an allocation, as one table; docs/state-machines.md draws it.</summary>
public static class AllocationLifecycle
{
    private static readonly FrozenDictionary<(AllocationPhase, AllocationEvent), AllocationPhase> Table =
        new Dictionary<(AllocationPhase, AllocationEvent), AllocationPhase>
        {
            [(Pending, PullBegun)] = Pulling,
            [(Pending, WorkloadRuns)] = Starting,
            [(Pending, Ended)] = Failed,
            [(Pending, StopBegun)] = Draining,
            [(Pending, Gone)] = Stopped,
            [(Pending, NodeLost)] = Lost,

            [(Pulling, PullBegun)] = Pulling,
            [(Pulling, PullFailed)] = Failed,
            [(Pulling, WorkloadRuns)] = Starting,
            [(Pulling, StartFailed)] = Failed,
            [(Pulling, Ended)] = Failed,
            [(Pulling, StopBegun)] = Draining,
            [(Pulling, Gone)] = Stopped,
            [(Pulling, NodeLost)] = Lost,

            [(Starting, WorkloadRuns)] = Starting,
            [(Starting, StartFailed)] = Failed,
            [(Starting, Serving)] = Running,
            [(Starting, Ended)] = Failed,
            [(Starting, StopBegun)] = Draining,
            [(Starting, NodeLost)] = Lost,
            [(Starting, Slept)] = Paused,

            [(Running, Ended)] = Failed,
            [(Running, StopBegun)] = Draining,
            [(Running, NodeLost)] = Lost,

            // Woken, it is proven once more before it serves.
            [(Paused, WorkloadRuns)] = Starting,
            [(Paused, StartFailed)] = Failed,
            [(Paused, Ended)] = Failed,
            [(Paused, StopBegun)] = Draining,
            [(Paused, NodeLost)] = Lost,

            // A stop that broke off is begun anew, or taken back when the allocation is wanted again.
            [(Draining, StopBegun)] = Draining,
            [(Draining, WorkloadRuns)] = Starting,
            [(Draining, PullBegun)] = Pulling,
            [(Draining, Ended)] = Draining,
            [(Draining, Gone)] = Stopped,
            [(Draining, NodeLost)] = Lost,
            [(Draining, Slept)] = Paused,

            // Wanted again before the leader had dropped it.
            [(Stopped, PullBegun)] = Pulling,
            [(Stopped, StopBegun)] = Draining,

            [(Failed, PullBegun)] = Pulling,
            [(Failed, WorkloadRuns)] = Starting,
            [(Failed, StopBegun)] = Draining,
            [(Failed, Gone)] = Stopped,
            [(Failed, NodeLost)] = Lost,

            [(Lost, NodeBack)] = Pending,
            [(Lost, StopBegun)] = Draining,
            [(Lost, Gone)] = Stopped,
        }.ToFrozenDictionary();

    /// <summary>The phase after <paramref name="happened"/>; null when it cannot happen in <paramref name="phase"/>.</summary>
    public static AllocationPhase? Next(AllocationPhase phase, AllocationEvent happened) =>
        Table.TryGetValue((phase, happened), out var next) ? next : null;
}
