using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>How far the nodes are that people take out of use.</summary>
internal static class NodeDrains
{
    public static ImmutableArray<NodeDrain> Of(ClusterSnapshot snapshot, PlanBuilder plan) =>
    [
        .. snapshot.Eligibility.Values.Where(e => e.Draining)
            .Select(e => Of(snapshot, plan, e.Node, snapshot.Assignments.GetValueOrDefault(e.Node.Value)?.Allocations ?? [])),
    ];

    private static NodeDrain Of(
        ClusterSnapshot snapshot, PlanBuilder plan, NodeName node, ImmutableArray<AllocationAssignment> allocations)
    {
        var stuck = allocations.Where(a => a.Desired != DesiredStatus.Stop)
            .Select(a => a.Pool).Distinct()
            .Where(plan.Stuck.ContainsKey)
            .Select(pool => $"{pool}: {plan.Stuck[pool]}")
            .ToList();
        var status = snapshot.Nodes.GetValueOrDefault(node.Value)?.Status;
        var blocked = allocations.IsEmpty ? null
            : status is NodeStatus.Lost or NodeStatus.Suspect ? "its agent does not answer, so what stops there is not heard of"
            : stuck.Count > 0 ? string.Join("; ", stuck)
            : null;
        return new NodeDrain(node, allocations.Length, blocked);
    }
}
