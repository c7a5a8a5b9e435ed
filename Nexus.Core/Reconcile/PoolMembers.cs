using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>One allocation with all that is known of it.</summary>
internal sealed record Member(AllocationAssignment Assignment, NodeName Node, NodeStatus NodeStatus, ObservedAllocation? Observed)
{
    public AllocationId Id => Assignment.Id;

    public bool IsHealthy => Observed is { Phase: AllocationPhase.Running, Healthy: true };

    /// <summary>Healthy for long enough to be counted on.</summary>
    public bool IsAvailable(TimeSpan minHealthyTime, DateTimeOffset now) => AvailableAt(minHealthyTime) <= now;

    /// <summary>When it can be counted on if it stays healthy; null while it is not healthy.</summary>
    public DateTimeOffset? AvailableAt(TimeSpan minHealthyTime) =>
        IsHealthy && Observed!.HealthySince is { } since ? since + minHealthyTime : null;
}

/// <summary>The allocations of one pool, sorted by what may be done to them.</summary>
internal sealed class PoolMembers
{
    private PoolMembers(List<Member> lost, List<Member> current, List<Member> outdated)
    {
        Lost = lost;
        Current = current;
        Outdated = outdated;
    }

    /// <summary>On nodes that are given up.</summary>
    public List<Member> Lost { get; }

    /// <summary>Of the revision that is wanted.</summary>
    public List<Member> Current { get; }

    /// <summary>Of another revision.</summary>
    public List<Member> Outdated { get; }

    public int Count => Current.Count + Outdated.Count;

    public static PoolMembers Sort(IEnumerable<Member> members, PoolRevision revision)
    {
        var sorted = new PoolMembers([], [], []);
        foreach (var member in members)
        {
            if (member.Assignment.Desired != DesiredStatus.Run)
            {
                continue;
            }

            var list = member.NodeStatus == NodeStatus.Lost ? sorted.Lost
                : member.Assignment.Revision == revision ? sorted.Current : sorted.Outdated;
            list.Add(member);
        }

        return sorted;
    }
}
