using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>What an agent does with an assignment it is shown.</summary>
public enum FenceVerdict
{
    /// <summary>Act on it.</summary>
    Accepted,

    /// <summary>It is the one held.</summary>
    Unchanged,

    /// <summary>
    /// It is of another store than the one held and leaves out what runs here: its leader does not know of it yet.
    /// </summary>
    OtherStore,

    /// <summary>A deposed leader wrote it.</summary>
    LowerEpoch,

    /// <summary>Older than the one held, of the same leadership.</summary>
    OlderGeneration,

    /// <summary>Of the mark of the one held, but not the same: somebody counts again what was counted before.</summary>
    SameGeneration,

    /// <summary>It is for another node.</summary>
    OtherNode,

    /// <summary>It does not hold together: an allocation twice, or one without its template.</summary>
    Broken,
}

/// <summary>Keeps agents from acting on what a deposed leader wrote.</summary>
public static class AssignmentFence
{
    /// <summary>Judges <paramref name="shown"/> against the assignment held.</summary>
    /// <param name="self">The agent's node.</param>
    /// <param name="held">What the agent holds; null before the first.</param>
    /// <param name="shown">What it is shown.</param>
    public static FenceVerdict Judge(NodeName self, NodeAssignment? held, NodeAssignment shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        if (shown.Node != self)
        {
            return FenceVerdict.OtherNode;
        }

        // Epochs of two stores are not comparable. A leader of an older version names no store.
        if (held is not null && shown.Store is not null && shown.Store != held.Store)
        {
            return !HoldsTogether(held, shown) ? FenceVerdict.Broken : shown.LeavesOut(held).IsEmpty ? FenceVerdict.Accepted : FenceVerdict.OtherStore;
        }

        if (held is not null && shown.Epoch < held.Epoch)
        {
            return FenceVerdict.LowerEpoch;
        }

        if (held is not null && shown.Epoch == held.Epoch && shown.Generation <= held.Generation)
        {
            return shown.Generation < held.Generation ? FenceVerdict.OlderGeneration
                : IsSame(held, shown) ? FenceVerdict.Unchanged : FenceVerdict.SameGeneration;
        }

        return HoldsTogether(held, shown) ? FenceVerdict.Accepted : FenceVerdict.Broken;
    }

    /// <summary>
    /// The assignment with the templates that it lacks and the one held has: a leader that had to put an assignment together again
    /// may know that an allocation runs, and not what it is made from.
    /// </summary>
    public static NodeAssignment Complete(NodeAssignment? held, NodeAssignment shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var wanted = shown.Allocations.Select(a => (a.Pool, a.Revision)).ToHashSet();
        wanted.ExceptWith(shown.Templates.Select(t => (t.Pool, t.Revision)));
        return held is null || wanted.Count == 0 ? shown
            : shown with { Templates = [.. shown.Templates, .. held.Templates.Where(t => wanted.Contains((t.Pool, t.Revision)))] };
    }

    private static bool IsSame(NodeAssignment held, NodeAssignment shown) =>
        held.Cluster == shown.Cluster && held.DrillsAllowed == shown.DrillsAllowed && held.OutOfUse == shown.OutOfUse
        && held.Allocations.SequenceEqual(shown.Allocations) && held.Watches.SequenceEqual(shown.Watches);

    private static bool HoldsTogether(NodeAssignment? held, NodeAssignment shown)
    {
        var templates = shown.Templates.Concat(held?.Templates ?? []).Select(t => (t.Pool, t.Revision)).ToHashSet();
        var seen = new HashSet<AllocationId>();
        return shown.Allocations.All(a =>
            seen.Add(a.Id) && (a.Desired == DesiredStatus.Stop || templates.Contains((a.Pool, a.Revision))));
    }
}
