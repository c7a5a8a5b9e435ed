using System.Collections.Immutable;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>
/// What does not wait for the runtime's list: an engine that is clearing a dead container away takes up to a quarter of a second
/// to make one. Computed from what is remembered, and only for what memory cannot be wrong about: workloads whose main process
/// was heard to end, and standbys that shall serve. All the rest is <see cref="NodeConvergence"/>'s, from the list.
/// </summary>
public static class UrgentConvergence
{
    /// <summary>Computes what to do at once. An end is recorded first; computed again after that, its successor is started.</summary>
    /// <param name="remembered">The node without its list of workloads.</param>
    /// <param name="isOver">Whether a workload's main process is known to have ended.</param>
    /// <param name="now">The time.</param>
    public static ImmutableArray<ConvergenceAction> Compute(NodeSnapshot remembered, Func<string, bool> isOver, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(remembered);
        ArgumentNullException.ThrowIfNull(isOver);
        if (remembered.Assignment is null || !remembered.Memory.Values.Any(m => IsUrgent(m, isOver)))
        {
            return [];
        }

        var urgent = remembered.Memory.Values.Where(m => IsUrgent(m, isOver)).Select(m => m.Id).ToHashSet();
        var snapshot = remembered with
        {
            Workloads = [.. remembered.Memory.Values.Where(m => m.Workload is not null).Select(m => Recall(m, isOver))],
        };
        return [.. NodeConvergence.Compute(snapshot, now).Actions.Where(action => urgent.Contains(action.Allocation) && IsSafe(action))];
    }

    private static bool IsUrgent(AllocationMemory memory, Func<string, bool> isOver) => memory switch
    {
        { Phase: AllocationPhase.Paused } => true,
        { Workload: { } workload, ExitHeard: true } => isOver(workload),
        { Workload: null, EndedWorkload: { } ended, RetryAt: null } => isOver(ended),
        _ => false,
    };

    // What only one may hold is free when the runtime says so, not when its holder has died.
    private static bool IsSafe(ConvergenceAction action) => action switch
    {
        RecordEnd { Workload: not null } or WakeStandby => true,
        StartWorkload start => start.Template.HostPort is null && start.Template.Volumes.IsEmpty,
        _ => false,
    };

    private static SeenWorkload Recall(AllocationMemory memory, Func<string, bool> isOver)
    {
        var over = memory.ExitHeard && isOver(memory.Workload!);
        return new SeenWorkload
        {
            Id = memory.Workload!,
            Allocation = memory.Id,
            Pool = memory.Pool,
            Attempt = memory.Attempt,
            Ended = over,
            Running = !over,
            Paused = !over && memory.Phase == AllocationPhase.Paused,
            Port = memory.Port,
            Forwarding = memory.Forwarding,
            StartedAt = memory.StartedAt,
        };
    }
}
