using Nexus.Core.Ids;
using Nexus.Core.Placement;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Brings together what is told, what is reported and what the gateways say of every allocation.</summary>
internal static class Membership
{
    public static Dictionary<PoolName, List<Member>> ByPool(ClusterSnapshot snapshot, Acknowledgements known)
    {
        var members = new Dictionary<PoolName, List<Member>>();
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            // A node whose record is gone was not removed: removing one deletes its assignment with it.
            var state = snapshot.Nodes.GetValueOrDefault(node);
            var isLeaving = IsLeaving(snapshot, node);
            var observed = ObservedById(snapshot, node);
            var hasActed = HasActed(snapshot, assignment);
            foreach (var allocation in assignment.Allocations)
            {
                if (!members.TryGetValue(allocation.Pool, out var list))
                {
                    members[allocation.Pool] = list = [];
                }

                var seen = observed.GetValueOrDefault(allocation.Id);
                list.Add(new Member(allocation, assignment.Node, state?.Status ?? NodeStatus.Unknown, seen)
                {
                    Template = TemplateOf(assignment, allocation),
                    IsLeaving = isLeaving,
                    IsReturning = state is { Returning: true },
                    HasActed = hasActed,
                    IsAcknowledged = seen is null || known.Knows(allocation.Pool, allocation.Id, seen.Attempt),
                });
            }
        }

        return members;
    }

    public static bool IsLeaving(ClusterSnapshot snapshot, string node) =>
        snapshot.Eligibility.TryGetValue(node, out var eligibility) && eligibility.Draining;

    /// <summary>Whether people took it out of use, as far as that is known: while its eligibility is in doubt, as it was before.</summary>
    public static bool IsOutOfUse(ClusterSnapshot snapshot, string node) =>
        IsEligibilityInDoubt(snapshot, node) ? snapshot.Assignments.GetValueOrDefault(node)?.OutOfUse ?? false : IsLeaving(snapshot, node);

    /// <summary>Nodes whose assignment does not say yet whether they are out of use.</summary>
    public static IEnumerable<NodeName> OutdatedUse(ClusterSnapshot snapshot) =>
        snapshot.Nodes.Keys
            .Where(node => !IsEligibilityInDoubt(snapshot, node)
                && IsLeaving(snapshot, node) != (snapshot.Assignments.GetValueOrDefault(node)?.OutOfUse ?? false))
            .Select(node => new NodeName(node));

    /// <summary>Whether the node reports under its present orders.</summary>
    public static bool HasActed(ClusterSnapshot snapshot, NodeAssignment assignment) =>
        snapshot.Observations.TryGetValue(assignment.Node.Value, out var observation)
        && (observation.Store is null || observation.Store == assignment.Store)
        && observation.Epoch == assignment.Epoch && observation.Generation >= assignment.Generation;

    public static Dictionary<AllocationId, ObservedAllocation> ObservedById(ClusterSnapshot snapshot, string node)
    {
        if (!snapshot.Observations.TryGetValue(node, out var observation))
        {
            return [];
        }

        var byId = new Dictionary<AllocationId, ObservedAllocation>(observation.Allocations.Length);
        foreach (var allocation in observation.Allocations)
        {
            byId[allocation.Id] = allocation;
        }

        return byId;
    }

    /// <summary>What is left on each node, with the revisions that the rollouts work towards as those that stay.</summary>
    public static List<NodeRoom> Rooms(ClusterSnapshot snapshot, List<RolloutPass> passes)
    {
        var rooms = new List<NodeRoom>(snapshot.Nodes.Count);
        var staying = passes.ToDictionary(p => p.View.Name, p => RolloutTargets.Of(p.Record, p.View).Goal.Revision);
        foreach (var (name, state) in snapshot.Nodes)
        {
            var room = new NodeRoom(new NodeName(name), state, IsLeaving(snapshot, name));
            rooms.Add(room);
            if (!snapshot.Assignments.TryGetValue(name, out var assignment))
            {
                continue;
            }

            foreach (var allocation in assignment.Allocations)
            {
                // What is being stopped still holds its room until its node says it is gone.
                var stays = allocation.Desired != DesiredStatus.Stop
                    && staying.TryGetValue(allocation.Pool, out var revision) && revision == allocation.Revision;
                room.Reserve(
                    allocation.Pool, TemplateOf(assignment, allocation), stays, allocation.Desired == DesiredStatus.Standby,
                    stops: allocation.Desired == DesiredStatus.Stop);
            }
        }

        return rooms;
    }

    private static bool IsEligibilityInDoubt(ClusterSnapshot snapshot, string node) =>
        snapshot.Nodes.GetValueOrDefault(node)?.Doubts.HasFlag(RecordDoubts.Eligibility) == true;

    // A node holds few templates: a search is cheaper than a table.
    private static PoolTemplate? TemplateOf(NodeAssignment assignment, AllocationAssignment allocation)
    {
        foreach (var template in assignment.Templates)
        {
            if (template.Revision == allocation.Revision && template.Pool == allocation.Pool)
            {
                return template.Template;
            }
        }

        return null;
    }
}
