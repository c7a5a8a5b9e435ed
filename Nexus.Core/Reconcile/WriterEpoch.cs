using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>
/// The epoch that a leader writes under. It is that of its lock, unless assignments of a later one are known: the lock counts from
/// one again when its key was deleted, and agents refuse lower epochs than they have seen.
/// </summary>
public static class WriterEpoch
{
    /// <summary>The epoch for the next write.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="own">The epoch that this leadership has written under so far, at first that of its lock.</param>
    public static ulong Compute(ClusterSnapshot snapshot, ulong own)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var seen = snapshot.Assignments.Values.Select(a => a.Epoch)
            .Concat(snapshot.Observations.Values.Select(o => AssignmentRecovery.Highest(o).Epoch))
            .DefaultIfEmpty(0UL).Max();
        return seen > own ? seen + 1 : own;
    }
}
