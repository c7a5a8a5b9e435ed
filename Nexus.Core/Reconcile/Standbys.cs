using Nexus.Core.Placement;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>
/// Replicas that stand by: proven, paused and never counted as serving. One takes the place of a replica of its revision that
/// is down or missing, by one commit that exchanges what is wanted of the two; what failed stands by from then on.
/// </summary>
internal static class Standbys
{
    /// <summary>Lets standbys take over, and says how the pool looks once they have.</summary>
    public static PoolView TakeOver(PoolView view, RolloutPass rollout, bool isFrozen, PlanBuilder plan)
    {
        if (view.Members.All(m => m.Assignment.Desired != DesiredStatus.Standby))
        {
            return view;
        }

        var members = view.Members.ToList();
        Confirm(members, plan);
        var ready = members.FindAll(m => m is { Assignment.Desired: DesiredStatus.Standby, IsLost: false, IsReturning: false, IsLeaving: false }
            && m.Observed is { Phase: AllocationPhase.Paused });
        if (ready.Count == 0)
        {
            return view with { Members = members };
        }

        // A check that fails everywhere says nothing of each; an end does.
        foreach (var down in members.FindAll(m => m is { Runs: true, IsDown: true, IsReturning: false }
            && !(isFrozen && m.Observed!.Phase == AllocationPhase.Running)))
        {
            if (ready.Find(m => m.Revision == down.Revision) is { } successor)
            {
                ready.Remove(successor);
                Want(members, successor, DesiredStatus.Run, $"takes over from {down.Id}", plan);
                Want(members, down, down.IsLeaving ? DesiredStatus.Stop : DesiredStatus.Standby, $"{successor.Id} took over", plan);
            }
        }

        view = view with { Members = members };
        var targets = RolloutTargets.Of(rollout.Record, view);
        var sorted = SortedMembers.Of(view, targets);
        var room = PoolReconciler.MostOf(view, rollout, targets, sorted) - sorted.Count - sorted.Waiting;
        var missing = Math.Min(room, targets.GoalCount - sorted.Waiting - sorted.Goal.Count);
        foreach (var successor in ready.FindAll(m => m.Revision == targets.Goal.Revision).Take(Math.Max(0, missing)))
        {
            Want(members, successor, DesiredStatus.Run, "takes the place of a replica that is missing", plan);
        }

        return view;
    }

    /// <summary>Keeps as many standbys as wanted. They come last in a rollout and go with the revision that they are of.</summary>
    public static void Keep(PoolView view, RolloutPass rollout, RolloutTargets targets, Placer placer, PlanBuilder plan)
    {
        var isSettled = rollout.Record.Phase is RolloutPhase.Stable or RolloutPhase.RolledBack;
        var all = view.Members.Where(m => m is { Assignment.Desired: DesiredStatus.Standby, IsLost: false }).ToList();
        var proven = rollout.Record.Stable?.Revision;
        var outdated = all.FindAll(m => m.IsLeaving || m.Revision != (isSettled ? targets.Goal.Revision : proven));
        plan.StopAll(outdated, "it stands by for nothing here any more");
        all.RemoveAll(outdated.Contains);

        var pool = view.Pool with { Template = targets.Goal.Template };
        var wanted = view.Desired > 0 && !pool.Template.HoldsExclusively ? pool.WarmStandby : 0;
        if (all.Count > wanted && !view.Members.Any(m => m.IsReturning))
        {
            var surplus = all.OrderBy(m => m.Observed?.Phase == AllocationPhase.Paused)
                .ThenByDescending(m => m.Id.Value, StringComparer.Ordinal).Take(all.Count - wanted);
            plan.StopAll(surplus, wanted == 0 ? "no replica shall stand by" : $"{wanted} shall stand by");
        }
        else if (all.Count < wanted && isSettled)
        {
            var nodes = placer.Take(pool, wanted - all.Count, stands: true);
            foreach (var node in nodes)
            {
                plan.Place(pool.Name, node, targets.Goal.Revision, $"{wanted} shall stand by", DesiredStatus.Standby);
            }

            if (all.Count + nodes.Count < wanted)
            {
                plan.Block(new BlockedPool(pool.Name, wanted - all.Count - nodes.Count, $"to stand by: {placer.Explain(pool)}"));
            }
        }
    }

    /// <summary>
    /// An agent that let a standby serve without waiting, for a replica of its own or of a node that it watches, is confirmed once it
    /// has acted on its present orders.
    /// </summary>
    private static void Confirm(List<Member> members, PlanBuilder plan)
    {
        foreach (var serving in members.FindAll(m => m is { Assignment.Desired: DesiredStatus.Standby, HasActed: true, IsHealthy: true, IsLost: false }))
        {
            var alike = members.FindAll(m => m.Runs && m.Revision == serving.Revision);
            if ((alike.Find(m => !m.IsHealthy && m.Node == serving.Node) ?? alike.Find(m => m.IsDown)) is { } replaced)
            {
                Want(members, serving, DesiredStatus.Run, $"took over from {replaced.Id}", plan);
                Want(members, replaced, DesiredStatus.Standby, $"{serving.Id} took over", plan);
            }
        }
    }

    private static void Want(List<Member> members, Member member, DesiredStatus desired, string reason, PlanBuilder plan)
    {
        members[members.IndexOf(member)] = member with { Assignment = member.Assignment with { Desired = desired } };
        if (desired == DesiredStatus.Stop)
        {
            plan.Stop(member, reason);
        }
        else
        {
            plan.Change(member, desired, reason);
        }
    }
}
