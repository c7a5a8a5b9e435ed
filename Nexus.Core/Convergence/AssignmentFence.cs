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
            return !HoldsTogether(shown) ? FenceVerdict.Broken : shown.LeavesOut(held).IsEmpty ? FenceVerdict.Accepted : FenceVerdict.OtherStore;
        }

        if (held is not null && shown.Epoch < held.Epoch)
        {
            return FenceVerdict.LowerEpoch;
        }

        if (held is not null && shown.Epoch == held.Epoch && shown.Generation <= held.Generation)
        {
            return shown.Generation == held.Generation ? FenceVerdict.Unchanged : FenceVerdict.OlderGeneration;
        }

        return HoldsTogether(shown) ? FenceVerdict.Accepted : FenceVerdict.Broken;
    }

    private static bool HoldsTogether(NodeAssignment shown)
    {
        var templates = shown.Templates.Select(t => (t.Pool, t.Revision)).ToHashSet();
        var seen = new HashSet<AllocationId>();
        return shown.Allocations.All(a =>
            seen.Add(a.Id) && (a.Desired == DesiredStatus.Stop || templates.Contains((a.Pool, a.Revision))));
    }
}
