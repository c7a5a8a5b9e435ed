using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Placement;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Decides what runs where: spec, nodes and observed state in, plan out. Pure; equal input gives an equal plan.</summary>
public static class Reconciler
{
    private static readonly PoolRevision NoRevision = new("none");

    /// <summary>The steps that bring the cluster nearer to its spec without taking a pool below what its rollout promises.</summary>
    public static ReconcilePlan Compute(ClusterSnapshot snapshot, DateTimeOffset now)
    {
        if (snapshot.Spec is not { } spec)
        {
            return Keep(snapshot);
        }

        var plan = new PlanBuilder(snapshot);
        if (UnknownAssignments(snapshot) is [_, ..] unknown)
        {
            return Held(spec, unknown, plan);
        }

        var known = new Acknowledgements(snapshot.Gateways.Values);
        var members = Membership.ByPool(snapshot, known);
        var passes = Decide(snapshot, spec, members, known, now);
        var placer = new Placer(Membership.Rooms(snapshot, passes));
        foreach (var pass in passes)
        {
            PoolReconciler.AddSteps(pass.View, pass, placer, plan);
            Report(snapshot, pass, plan);
        }

        AddOrphans(snapshot, members, RoutePass.Add(snapshot, passes, members, plan, now), plan);
        AddForgotten(snapshot, plan);
        plan.Drains = NodeDrains.Of(snapshot, plan);
        plan.Refreshed =
        [
            .. snapshot.Assignments.Values.Where(a => a.DrillsAllowed != spec.DrillsAllowed).Select(a => a.Node)
                .Union(PeerWatches.Outdated(snapshot))
                .Union(Membership.OutdatedUse(snapshot))
                .Union(Rewritten(snapshot)),
        ];
        AddRewritten(snapshot, plan);
        return plan.ToPlan();
    }

    /// <summary>Without a spec nothing is placed or stopped; what runs is taken down as it is reported.</summary>
    private static ReconcilePlan Keep(ClusterSnapshot snapshot)
    {
        var plan = new PlanBuilder(snapshot) { Refreshed = [.. Rewritten(snapshot)] };
        AddRewritten(snapshot, plan);
        return plan.ToPlan();
    }

    /// <summary>Nodes whose assignment was put together again, or does not name the store it stands in.</summary>
    private static IEnumerable<NodeName> Rewritten(ClusterSnapshot snapshot) =>
        snapshot.Unwritten.Keys.Select(node => new NodeName(node)).Union(
            snapshot.Assignments.Values.Where(a => snapshot.StoreId is { } id && a.Store != id && !a.Allocations.IsEmpty).Select(a => a.Node));

    /// <summary>Nodes that answer and may run what nobody knows of: their agent reports within moments.</summary>
    private static List<string> UnknownAssignments(ClusterSnapshot snapshot) =>
    [
        .. snapshot.Nodes.Where(n => n.Value.Doubts.HasFlag(RecordDoubts.Assignment) && n.Value.Status is not (NodeStatus.Lost or NodeStatus.Suspect))
            .Select(n => n.Key),
    ];

    /// <summary>Nothing is placed or stopped: what is missing may be running there.</summary>
    private static ReconcilePlan Held(ClusterSpec spec, List<string> unknown, PlanBuilder plan)
    {
        foreach (var pool in spec.Pools)
        {
            plan.Block(new BlockedPool(
                pool.Name, DesiredCount(pool),
                $"the assignment of {string.Join(", ", unknown)} cannot be read, and what runs there has not been reported; nothing is changed until it is"));
        }

        return plan.ToPlan();
    }

    private static void AddRewritten(ClusterSnapshot snapshot, PlanBuilder plan)
    {
        foreach (var (node, why) in snapshot.Unwritten)
        {
            var count = snapshot.Assignments.GetValueOrDefault(node)?.Allocations.Length ?? 0;
            plan.Add(new PlanNotice(
                "AssignmentRewritten", EventSeverity.Warning,
                $"The assignment of {node} is written again with the {count} allocation{(count == 1 ? "" : "s")} known to run there: {why}.", null));
        }
    }

    /// <summary>How many replicas of a pool are wanted.</summary>
    public static int DesiredCount(PoolSpec pool) => pool.MinReplicas;

    /// <summary>One pass over every rollout. Takes the members of the spec's pools out of <paramref name="members"/>.</summary>
    private static List<RolloutPass> Decide(
        ClusterSnapshot snapshot, ClusterSpec spec, Dictionary<PoolName, List<Member>> members, Acknowledgements known, DateTimeOffset now)
    {
        IReadOnlyCollection<GatewayReport> gateways = [.. snapshot.Gateways.Values];
        var passes = new List<RolloutPass>(spec.Pools.Length);
        foreach (var pool in spec.Pools.Concat(RetainedPools(snapshot)).OrderBy(p => p.Name.Value, StringComparer.Ordinal))
        {
            members.Remove(pool.Name, out var ofPool);
            var before = snapshot.Rollouts.GetValueOrDefault(pool.Name.Value);
            var view = ViewOf(snapshot, pool, ofPool ?? [], before, now);
            var pass = RolloutDecision.Compute(
                view, before, snapshot.Requests.GetValueOrDefault(pool.Name.Value), gateways, known,
                snapshot.LostRollouts.GetValueOrDefault(pool.Name.Value));
            KeepHomes(pass, snapshot);
            passes.Add(pass);
        }

        return passes;
    }

    private static PoolView ViewOf(ClusterSnapshot snapshot, PoolSpec pool, IReadOnlyList<Member> members, RolloutRecord? before, DateTimeOffset now)
    {
        var view = new PoolView(pool, PoolRevisions.Compute(pool.Template), snapshot.SpecRevision, members, now)
        {
            AppliedBy = snapshot.SpecAppliedBy,
        };
        return pool.StaysWithVolumes
            ? view with
            {
                Members = VolumeHomes.Hold(members, snapshot),
                Homes = VolumeHomes.Compute(view, before?.VolumeHomes ?? [], snapshot),
            }
            : view;
    }

    private static void KeepHomes(RolloutPass pass, ClusterSnapshot snapshot)
    {
        ImmutableArray<VolumeHome> homes = pass.View.Homes
            ?? (pass.View.Pool.Template.Volumes.IsEmpty ? [] : VolumeHomes.Compute(pass.View, pass.Record.VolumeHomes, snapshot));
        if (!homes.SequenceEqual(pass.Record.VolumeHomes))
        {
            pass.Set(record => record with { VolumeHomes = homes });
        }
    }

    /// <summary>Pools that requests may still go to are kept as they were, replicas of lost nodes replaced, until no route leads there.</summary>
    private static IEnumerable<PoolSpec> RetainedPools(ClusterSnapshot snapshot)
    {
        var names = snapshot.Spec!.Pools.Select(pool => pool.Name).ToHashSet();
        return snapshot.Retained.Where(pool => !names.Contains(pool.Name));
    }

    private static void Report(ClusterSnapshot snapshot, RolloutPass pass, PlanBuilder plan)
    {
        if (!ReferenceEquals(snapshot.Rollouts.GetValueOrDefault(pass.View.Name.Value), pass.Record)
            || snapshot.LostRollouts.ContainsKey(pass.View.Name.Value))
        {
            plan.Add(pass.Record);
        }

        foreach (var notice in pass.Notices)
        {
            plan.Add(notice);
        }

        plan.LookAgain(pass.LookAgainAt);
    }

    private static void AddOrphans(ClusterSnapshot snapshot, Dictionary<PoolName, List<Member>> members, RoutePass routes, PlanBuilder plan)
    {
        foreach (var (_, orphans) in members.Where(m => !routes.Kept.Contains(m.Key)).OrderBy(m => m.Key.Value, StringComparer.Ordinal))
        {
            plan.StopAll(orphans.Where(m => m.Assignment.Desired != DesiredStatus.Stop), "the pool is no longer in the spec");
        }

        // A pool that comes back begins a rollout, whatever became of its last one.
        var names = snapshot.Spec!.Pools.Concat(snapshot.Retained).Select(p => p.Name).ToHashSet();
        foreach (var record in snapshot.Rollouts.Values.Where(r => !names.Contains(r.Pool) && r.Requested != NoRevision))
        {
            plan.Add(record with { Requested = NoRevision, Reason = "the pool is no longer in the spec" });
        }
    }

    private static void AddForgotten(ClusterSnapshot snapshot, PlanBuilder plan)
    {
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            if (!assignment.Allocations.Any(a => a.Desired == DesiredStatus.Stop))
            {
                continue;
            }

            var reported = Membership.HasActed(snapshot, assignment);
            var observed = Membership.ObservedById(snapshot, node);
            foreach (var allocation in assignment.Allocations.Where(a => a.Desired == DesiredStatus.Stop))
            {
                var gone = !observed.TryGetValue(allocation.Id, out var seen) || seen.Phase == AllocationPhase.Stopped;
                if (reported && gone)
                {
                    plan.Add(new ForgetStep(allocation.Pool, allocation.Id, assignment.Node, allocation.Reason));
                }
            }
        }
    }
}
