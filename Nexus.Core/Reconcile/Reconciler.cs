using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Placement;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Decides what runs where: spec, nodes and observed state in, plan out. Pure; equal input gives an equal plan.</summary>
public static class Reconciler
{
    /// <summary>The steps that bring the cluster nearer to its spec without taking a pool below what its rollout promises.</summary>
    public static ReconcilePlan Compute(ClusterSnapshot snapshot, DateTimeOffset now)
    {
        if (snapshot.Spec is not { } spec)
        {
            return new ReconcilePlan(snapshot.Index, [], [], null);
        }

        var members = MembersByPool(snapshot);
        var placer = new Placer(Rooms(snapshot));
        var plan = new PlanBuilder(snapshot.Index);
        foreach (var pool in spec.Pools.OrderBy(p => p.Name.Value, StringComparer.Ordinal))
        {
            members.Remove(pool.Name, out var ofPool);
            PoolReconciler.AddSteps(pool, ofPool ?? [], placer, plan, now);
        }

        foreach (var (pool, orphans) in members.OrderBy(m => m.Key.Value, StringComparer.Ordinal))
        {
            plan.StopAll(pool, orphans.Where(m => m.Assignment.Desired == DesiredStatus.Run), "the pool is no longer in the spec");
        }

        AddForgotten(snapshot, plan);
        return plan.ToPlan();
    }

    /// <summary>How many replicas of a pool are wanted.</summary>
    public static int DesiredCount(PoolSpec pool) => pool.MinReplicas;

    private static Dictionary<PoolName, List<Member>> MembersByPool(ClusterSnapshot snapshot)
    {
        var members = new Dictionary<PoolName, List<Member>>();
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            // A node whose record is gone was forgotten: what ran there is lost.
            var status = snapshot.Nodes.TryGetValue(node, out var state) ? state.Status : NodeStatus.Lost;
            var observed = ObservedById(snapshot, node);
            foreach (var allocation in assignment.Allocations)
            {
                if (!members.TryGetValue(allocation.Pool, out var list))
                {
                    members[allocation.Pool] = list = [];
                }

                list.Add(new Member(allocation, assignment.Node, status, observed.GetValueOrDefault(allocation.Id)));
            }
        }

        return members;
    }

    private static Dictionary<AllocationId, ObservedAllocation> ObservedById(ClusterSnapshot snapshot, string node)
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

    private static List<NodeRoom> Rooms(ClusterSnapshot snapshot)
    {
        var rooms = new List<NodeRoom>(snapshot.Nodes.Count);
        var current = snapshot.Spec?.Pools.ToDictionary(p => p.Name, p => PoolRevisions.Compute(p.Template)) ?? [];
        foreach (var (name, state) in snapshot.Nodes)
        {
            var room = new NodeRoom(state);
            if (snapshot.Assignments.TryGetValue(name, out var assignment))
            {
                var requests = assignment.Templates.ToDictionary(t => (t.Pool, t.Revision), t => t.Template.Resources);
                foreach (var allocation in assignment.Allocations)
                {
                    // What is being stopped still holds its room until its node says it is gone.
                    var stays = allocation.Desired == DesiredStatus.Run
                        && current.TryGetValue(allocation.Pool, out var revision) && revision == allocation.Revision;
                    room.Reserve(
                        allocation.Pool, requests.GetValueOrDefault((allocation.Pool, allocation.Revision)) ?? new ResourceSpec(), stays);
                }
            }

            rooms.Add(room);
        }

        return rooms;
    }

    private static void AddForgotten(ClusterSnapshot snapshot, PlanBuilder plan)
    {
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            if (!assignment.Allocations.Any(a => a.Desired == DesiredStatus.Stop))
            {
                continue;
            }

            var nodeIsKnown = snapshot.Nodes.ContainsKey(node);
            var reported = snapshot.Observations.TryGetValue(node, out var observation)
                && observation.Epoch == assignment.Epoch && observation.Generation >= assignment.Generation;
            var observed = ObservedById(snapshot, node);
            foreach (var allocation in assignment.Allocations.Where(a => a.Desired == DesiredStatus.Stop))
            {
                var gone = !observed.TryGetValue(allocation.Id, out var seen) || seen.Phase == AllocationPhase.Stopped;
                if (!nodeIsKnown || (reported && gone))
                {
                    plan.Add(new ForgetStep(allocation.Pool, allocation.Id, assignment.Node, allocation.Reason));
                }
            }
        }
    }
}
