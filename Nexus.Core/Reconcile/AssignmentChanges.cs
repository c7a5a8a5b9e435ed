using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using TemplatesByRevision = System.Collections.Generic.Dictionary<(Nexus.Core.Ids.PoolName Pool, Nexus.Core.Ids.PoolRevision Revision), Nexus.Core.State.AssignedTemplate>;

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

        var templates = Known(snapshot, plan);
        var watches = PeerWatches.Compute(snapshot);
        var steps = plan.Steps.ToLookup(s => s.Node);
        return [.. steps.Select(g => g.Key).Union(plan.Refreshed)
            .OrderBy(node => node.Value, StringComparer.Ordinal)
            .Select(node => Change(snapshot, node, steps[node], templates, epoch) with { Watches = watches.GetValueOrDefault(node, []) })];
    }

    private static NodeAssignment Change(
        ClusterSnapshot snapshot, NodeName node, IEnumerable<ReconcileStep> steps, TemplatesByRevision templates, ulong epoch)
    {
        var before = snapshot.Assignments.GetValueOrDefault(node.Value) ?? NodeAssignment.Empty(node);
        var allocations = before.Allocations.ToList();
        foreach (var step in steps)
        {
            switch (step)
            {
                case PlaceStep place:
                    allocations.Add(new AllocationAssignment(place.Allocation, place.Pool, place.Revision, place.Desired, place.Reason));
                    break;
                case StopStep:
                    Want(allocations, step, DesiredStatus.Stop);
                    break;
                case ChangeStep change:
                    Want(allocations, step, change.Desired);
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
            Store = snapshot.StoreId ?? before.Store,
            Epoch = epoch,
            Generation = before.Generation + 1,
            Cluster = snapshot.Spec?.Cluster ?? before.Cluster,
            DrillsAllowed = snapshot.Spec?.DrillsAllowed ?? before.DrillsAllowed,
            OutOfUse = Membership.IsOutOfUse(snapshot, node.Value),
            Allocations = [.. allocations],
            Templates = Templates(before, allocations, templates),
        };
    }

    private static void Want(List<AllocationAssignment> allocations, ReconcileStep step, DesiredStatus desired)
    {
        var at = allocations.FindIndex(a => a.Id == step.Allocation);
        allocations[at] = allocations[at] with { Desired = desired, Reason = step.Reason };
    }

    /// <summary>
    /// What a plan may place: what the spec asks for, and what the rollouts work towards or go back to. What other nodes run
    /// completes an assignment that had to be put together again.
    /// </summary>
    private static TemplatesByRevision Known(ClusterSnapshot snapshot, ReconcilePlan plan)
    {
        var known = new TemplatesByRevision();
        if (!snapshot.Unwritten.IsEmpty)
        {
            foreach (var template in snapshot.Assignments.Values.SelectMany(a => a.Templates))
            {
                known[(template.Pool, template.Revision)] = template;
            }
        }

        foreach (var pool in snapshot.Spec?.Pools ?? [])
        {
            Add(pool.Name, PoolRevisions.Compute(pool.Template), pool.Template);
        }

        foreach (var record in snapshot.Rollouts.Values.Concat(plan.Rollouts))
        {
            Add(record.Pool, record.Target.Revision, record.Target.Template);
            if (record.Stable is { } stable)
            {
                Add(record.Pool, stable.Revision, stable.Template);
            }
        }

        return known;

        void Add(PoolName pool, PoolRevision revision, PoolTemplate template) =>
            known[(pool, revision)] = new AssignedTemplate(pool, revision, template);
    }

    private static ImmutableArray<AssignedTemplate> Templates(
        NodeAssignment before, List<AllocationAssignment> allocations, TemplatesByRevision known)
    {
        var old = before.Templates.ToDictionary(t => (t.Pool, t.Revision));
        return [.. allocations.Select(a => (a.Pool, a.Revision)).Distinct()
            .OrderBy(k => k.Pool.Value, StringComparer.Ordinal).ThenBy(k => k.Revision.Value, StringComparer.Ordinal)
            .Select(k => old.GetValueOrDefault(k) ?? known.GetValueOrDefault(k))
            .OfType<AssignedTemplate>()];
    }
}
