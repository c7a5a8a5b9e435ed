using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Turns a plan into the assignments to write.</summary>
public static class AssignmentChanges
{
    /// <summary>The new assignment of every node that the plan touches, one generation on, under <paramref name="epoch"/>.</summary>
    /// <exception cref="InvalidOperationException">The plan was made from another snapshot.</exception>
    public static ImmutableArray<NodeAssignment> Compute(ClusterSnapshot snapshot, ReconcilePlan plan, ulong epoch)
    {
        if (plan.Index != snapshot.Index)
        {
            throw new InvalidOperationException($"A plan made at index {plan.Index} cannot change a snapshot at index {snapshot.Index}.");
        }

        return [.. plan.Steps.GroupBy(s => s.Node)
            .OrderBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => Change(snapshot, g.Key, g, epoch))];
    }

    private static NodeAssignment Change(ClusterSnapshot snapshot, NodeName node, IEnumerable<ReconcileStep> steps, ulong epoch)
    {
        var before = snapshot.Assignments.GetValueOrDefault(node.Value) ?? NodeAssignment.Empty(node);
        var allocations = before.Allocations.ToList();
        foreach (var step in steps)
        {
            switch (step)
            {
                case PlaceStep place:
                    allocations.Add(new AllocationAssignment(place.Allocation, place.Pool, place.Revision, DesiredStatus.Run, place.Reason));
                    break;
                case StopStep:
                    var at = allocations.FindIndex(a => a.Id == step.Allocation);
                    allocations[at] = allocations[at] with { Desired = DesiredStatus.Stop, Reason = step.Reason };
                    break;
                case ForgetStep:
                    allocations.RemoveAll(a => a.Id == step.Allocation);
                    break;
                default:
                    throw new InvalidOperationException($"A {step.GetType().Name} changes no assignment.");
            }
        }

        return before with
        {
            Epoch = epoch,
            Generation = before.Generation + 1,
            Cluster = snapshot.Spec?.Cluster ?? before.Cluster,
            Allocations = [.. allocations],
            Templates = Templates(snapshot, before, allocations),
        };
    }

    private static ImmutableArray<AssignedTemplate> Templates(
        ClusterSnapshot snapshot, NodeAssignment before, List<AllocationAssignment> allocations)
    {
        var known = before.Templates.ToDictionary(t => (t.Pool, t.Revision));
        foreach (var pool in snapshot.Spec?.Pools ?? [])
        {
            var revision = PoolRevisions.Compute(pool.Template);
            known[(pool.Name, revision)] = new AssignedTemplate(pool.Name, revision, pool.Template);
        }

        return [.. allocations.Select(a => (a.Pool, a.Revision)).Distinct()
            .OrderBy(k => k.Pool.Value, StringComparer.Ordinal).ThenBy(k => k.Revision.Value, StringComparer.Ordinal)
            .Where(known.ContainsKey).Select(k => known[k])];
    }
}
