using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>A node's assignment as far as it is known.</summary>
/// <param name="Assignment">The assignment; null where the node has none, or none that is known.</param>
/// <param name="Rewrite">Why it must be written although nothing changes in it; null where it stands as it should.</param>
/// <param name="IsUnknown">Whether the node may have an assignment that is not known at all.</param>
public sealed record RecoveredAssignment(NodeAssignment? Assignment, string? Rewrite = null, bool IsUnknown = false);

/// <summary>
/// Puts an assignment together again that was lost, damaged or set back: from what was last known, and from what the node
/// reports as running. Its epoch and generation are not below any that the agent has seen, so the next write is one that the
/// agent accepts.
/// </summary>
public static class AssignmentRecovery
{
    // What was written since the report is not known, and may have reached the agent. It is less than this: agents report within a second.
    private const ulong MostUnreported = 1000;

    /// <summary>The assignment to go on from.</summary>
    /// <param name="node">The node.</param>
    /// <param name="stored">What stands in the store.</param>
    /// <param name="report">What the node's agent last reported.</param>
    /// <param name="storeId">Id of the store that was read; null before a leader has written one.</param>
    public static RecoveredAssignment Compute(
        NodeName node, RecordReading<NodeAssignment> stored, RecordReading<NodeObservation> report, string? storeId = null)
    {
        var seen = report.Value ?? report.LastKnown;
        if (seen?.Kept is { } kept && !Follows(stored.Value, kept))
        {
            // In the same store the next write has to be later than what the agent holds; in another one its numbers mean nothing.
            var basis = stored.Value ?? stored.LastKnown ?? NodeAssignment.Empty(node) with { Store = storeId };
            return new(TakeOver(basis, kept), WhyTakenOver(basis, isMissing: stored.Value is null, kept));
        }

        if (stored.Value is { } readable)
        {
            return seen is null ? new(readable)
                : Refuses(seen, readable) ? new(Adopt(readable, seen), "its agent holds a later assignment and refuses this one")
                : new(readable);
        }

        if (stored.IsUnreadable)
        {
            var reason = $"its record could not be read ({stored.Reason})";
            return stored.LastKnown is { } last ? new(seen is null ? last : Adopt(last, seen), reason)
                : seen is not null ? new(FromReport(node, seen), reason)
                : new(null, IsUnknown: true);
        }

        if (seen is null)
        {
            return new(null, IsUnknown: report.IsUnreadable);
        }

        // Without allocations there is nothing to write; what is assigned next still has to follow what the agent has seen.
        var adopted = FromReport(node, seen);
        return new(adopted, adopted.Allocations.IsEmpty ? null : "its record was missing");
    }

    /// <summary>Whether the stored assignment was made in knowledge of what the agent holds.</summary>
    private static bool Follows(NodeAssignment? stored, NodeAssignment kept) => stored is not null && (stored.Store == kept.Store
        ? !kept.Mark.IsAfter(stored.Mark)
        : stored.LeavesOut(kept).IsEmpty);

    private static string WhyTakenOver(NodeAssignment basis, bool isMissing, NodeAssignment kept) => kept.Store is { } id && basis.Store != id
        ? $"what runs there was assigned in another store ({id}): the cluster's state in Consul was lost"
        : isMissing ? "its record was missing" : "its agent holds a later assignment than the store";

    /// <summary>All that either of the two mentions; what the stored one says of an allocation holds.</summary>
    private static NodeAssignment TakeOver(NodeAssignment basis, NodeAssignment kept)
    {
        var known = basis.Allocations.Select(a => a.Id).ToHashSet();
        var templates = basis.Templates.Select(t => (t.Pool, t.Revision)).ToHashSet();
        var mark = basis.Store == kept.Store && kept.Mark.IsAfter(basis.Mark) ? kept.Mark : basis.Mark;
        return basis with
        {
            Epoch = mark.Epoch,
            Generation = mark.Generation,
            Cluster = basis.Allocations.IsEmpty ? kept.Cluster : basis.Cluster,
            OutOfUse = basis.OutOfUse || kept.OutOfUse,
            Allocations = [.. basis.Allocations, .. kept.Allocations.Where(a => known.Add(a.Id))],
            Templates = [.. basis.Templates, .. kept.Templates.Where(t => templates.Add((t.Pool, t.Revision)))],
        };
    }

    /// <summary>The highest mark of an assignment that a node's agent is known to have seen.</summary>
    public static AssignmentMark Highest(NodeObservation report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var acted = new AssignmentMark(report.Epoch, report.Generation);
        return report.Held is { } held && held.IsAfter(acted) ? held : acted;
    }

    // Marks of two stores are not comparable.
    private static bool Refuses(NodeObservation report, NodeAssignment stored) => (report.Store is null || report.Store == stored.Store)
        && (report.Refused == stored.Mark || Highest(report).IsAfter(stored.Mark));

    private static NodeAssignment FromReport(NodeName node, NodeObservation report)
    {
        var adopted = Adopt(NodeAssignment.Empty(node), report);
        return Highest(report) == default ? adopted : adopted with { Generation = adopted.Generation + MostUnreported };
    }

    private static NodeAssignment Adopt(NodeAssignment basis, NodeObservation report)
    {
        var mark = Highest(report).IsAfter(basis.Mark) ? Highest(report) : basis.Mark;
        var known = basis.Allocations.Select(a => a.Id).ToHashSet();
        return basis with
        {
            Epoch = mark.Epoch,
            Generation = mark.Generation,
            Allocations =
            [
                .. basis.Allocations,
                .. report.Allocations.Where(a => known.Add(a.Id)).Select(a => new AllocationAssignment(
                    a.Id, a.Pool, a.Revision, DesiredOf(a.Phase), "runs there, as its node reports")),
            ],
        };
    }

    private static DesiredStatus DesiredOf(AllocationPhase phase) => phase switch
    {
        AllocationPhase.Paused => DesiredStatus.Standby,
        AllocationPhase.Draining or AllocationPhase.Stopped => DesiredStatus.Stop,
        _ => DesiredStatus.Run,
    };
}
