using Nexus.Core.Placement;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>The steps of one pool, towards the counts that its rollout wants of each revision.</summary>
internal static class PoolReconciler
{
    public static void AddSteps(PoolView view, RolloutPass rollout, Placer placer, PlanBuilder plan)
    {
        var isFrozen = Brake.Judge(view, rollout);
        var before = plan.StepCount;
        view = Standbys.TakeOver(view, rollout, isFrozen, plan);
        var targets = RolloutTargets.Of(rollout.Record, view);
        var sorted = SortedMembers.Of(view, targets);
        if (rollout.HasBegun)
        {
            PutAwayFailed(sorted, plan);
        }

        if (!sorted.IsUncertain)
        {
            StopSurplus(view, targets, sorted, plan);
            StopReplaced(view, rollout, targets, sorted, placer, plan);
        }

        Place(view, rollout, targets, sorted, placer, plan);
        Standbys.Keep(view, rollout, targets, placer, plan);
        if (plan.StepCount == before)
        {
            CrashLoops.Move(view, rollout, targets, placer, plan);
        }

        SayWhatIsWaitedFor(view, plan);
        SayWhatIsHeld(view, placer, plan);
        foreach (var member in view.Members)
        {
            if (member.Runs && member.AvailableAt(view.Pool.Rollout.MinHealthyTime) is { } at && at > view.Now)
            {
                plan.LookAgain(at);
            }
        }
    }

    /// <summary>A rollout that begins is judged by tries of its own, so what failed of the same revision before makes room.</summary>
    private static void PutAwayFailed(SortedMembers sorted, PlanBuilder plan)
    {
        foreach (var member in sorted.Goal.FindAll(m => m is { IsHealthy: false, Observed.Failures: > 0 }))
        {
            sorted.Goal.Remove(member);
            plan.Stop(member, "it failed before this rollout began");
        }
    }

    /// <summary>More than wanted of what is kept: those that serve go last.</summary>
    private static void StopSurplus(PoolView view, RolloutTargets targets, SortedMembers sorted, PlanBuilder plan)
    {
        var desired = view.Desired;
        var wanted = sorted.Waiting > 0 ? Math.Max(0, targets.GoalCount - sorted.Waiting) : targets.GoalCount;
        foreach (var member in Surplus.Choose(view, sorted.Goal, sorted.Goal.Count - wanted))
        {
            sorted.Goal.Remove(member);
            plan.Stop(member, $"{desired} replica{(desired == 1 ? " is" : "s are")} wanted");
        }
    }

    /// <summary>
    /// Replicas that others replace may go: as many as leave <c>desired - max_unavailable</c> behind when every one that stays
    /// and is not proven yet is taken for missing. Those that serve nothing go first, but under the same count, so that a
    /// check that fails everywhere at once cannot empty the pool.
    /// </summary>
    private static void StopReplaced(
        PoolView view, RolloutPass rollout, RolloutTargets targets, SortedMembers sorted, Placer placer, PlanBuilder plan)
    {
        var template = targets.Goal.Template;
        var least = Math.Max(0, view.Desired - view.Pool.Rollout.UnavailableFor(template));
        var surplusOfBase = Surplus.Choose(view, sorted.Base, sorted.Base.Count - targets.BaseCount);
        var unproven = sorted.Goal.Concat(sorted.Base.Except(surplusOfBase)).Count(m => !view.IsAvailable(m));
        List<Member> replaced = [.. sorted.Others, .. sorted.Leaving, .. surplusOfBase];
        if (view.Pool.Rollout.StopsFirst(template) && !CanFollow(view, targets, sorted, placer, plan))
        {
            // Nothing would follow on another node: what still serves there is worth more than an empty node.
            replaced.RemoveAll(m => m.IsLeaving);
        }

        if (view.Pool.Rollout.StopsFirst(template))
        {
            // Its node takes nothing new, and its successor may go nowhere else.
            replaced.RemoveAll(m => m.IsHeldByVolume && !placer.IsInUse(m.Node));
        }

        KeepServing(view, rollout, targets, sorted, replaced);
        foreach (var member in Surplus.Choose(view, replaced, sorted.Count - least - unproven, targets.Base?.Revision))
        {
            sorted.Remove(member);
            sorted.Stopped++;
            plan.Stop(member, Why(member, targets, rollout));
        }
    }

    /// <summary>Where the requests are shared out, replicas of a revision that gets none make up for none of those that do.</summary>
    private static void KeepServing(
        PoolView view, RolloutPass rollout, RolloutTargets targets, SortedMembers sorted, List<Member> replaced)
    {
        var carrying = RolloutWeights.Of(rollout.Record, view).Where(w => w.Percent > 0).Select(w => w.Revision).ToHashSet();
        if (carrying.Count == 0)
        {
            return;
        }

        var wanted = sorted.Others.Exists(m => carrying.Contains(m.Revision)) ? view.Desired
            : (carrying.Contains(targets.Goal.Revision) ? targets.GoalCount : 0)
                + (targets.Base is { } other && carrying.Contains(other.Revision) ? targets.BaseCount : 0);
        var least = Math.Max(0, Math.Min(view.Desired, wanted) - view.Pool.Rollout.UnavailableFor(targets.Goal.Template));
        var going = replaced.FindAll(m => carrying.Contains(m.Revision) && view.IsAvailable(m));
        var staying = sorted.Goal.Concat(sorted.Base).Except(replaced).Count(m => carrying.Contains(m.Revision) && view.IsAvailable(m));
        var mayGo = Surplus.Choose(view, going, staying + going.Count - least, targets.Base?.Revision);
        replaced.RemoveAll(m => going.Contains(m) && !mayGo.Contains(m));
    }

    private static bool CanFollow(PoolView view, RolloutTargets targets, SortedMembers sorted, Placer placer, PlanBuilder plan)
    {
        var pool = view.Pool with { Template = targets.Goal.Template };
        if (sorted.Leaving.Count == 0 || sorted.Goal.Count >= targets.GoalCount || placer.HasRoom(pool))
        {
            return true;
        }

        plan.Stick(view.Name, $"no other node has room ({placer.Explain(pool)})");
        return false;
    }

    private static string Why(Member member, RolloutTargets targets, RolloutPass rollout) =>
        member is { IsLeaving: true, Template.Volumes.Length: > 0 }
            ? $"node {member.Node} is taken out of use; {VolumeNames.Of(member.Template)} stays there"
        : member.IsLeaving ? $"node {member.Node} is taken out of use"
        : rollout.Record.Phase == RolloutPhase.RollingBack ? $"rolled back to revision {targets.Goal.Revision}"
        : $"replaced by revision {targets.Goal.Revision}";

    /// <summary>New replicas up to the wanted counts; while others are to be replaced, up to the total plus the surge.</summary>
    private static void Place(
        PoolView view, RolloutPass rollout, RolloutTargets targets, SortedMembers sorted, Placer placer, PlanBuilder plan)
    {
        var goingFirst = view.Pool.Rollout.StopsFirst(targets.Goal.Template) ? sorted.Stopped + sorted.Stopping : 0;
        var most = MostOf(view, rollout, targets, sorted);
        var room = most - sorted.Count - sorted.Waiting - goingFirst;
        if (room <= 0 && sorted.Leaving.Count > 0 && targets.Total > view.Desired)
        {
            plan.Stick(view.Name, $"a rollout is under way and has all {most} replicas that max_surge allows");
        }

        if (targets.Base is { } other)
        {
            var lacking = targets.BaseCount - sorted.Base.Count;
            room -= PlaceSome(view, other, Math.Min(room, lacking), lacking, Reason(view, rollout, sorted), placer, plan);
        }

        var tries = TriesOf(rollout, targets, sorted) - sorted.Goal.Count;
        var missing = targets.GoalCount - sorted.Waiting - sorted.Goal.Count;
        PlaceSome(view, targets.Goal, Math.Min(room, Math.Min(missing, tries)), missing, Reason(view, rollout, sorted), placer, plan);
    }

    /// <summary>How many replicas may be there at once.</summary>
    public static int MostOf(PoolView view, RolloutPass rollout, RolloutTargets targets, SortedMembers sorted)
    {
        var spec = view.Pool.Rollout;
        var surge = !sorted.IsReplacing(targets) || spec.StopsFirst(targets.Goal.Template) ? 0 : Math.Max(spec.MaxSurge, 1);

        // A second set is wanted for itself; the one replica that a canary may need beside a single one is its surge already.
        return rollout.Record.Strategy == RolloutStrategy.BlueGreen
            ? Math.Max(view.Desired, targets.Total) + surge
            : Math.Max(view.Desired + surge, targets.Total);
    }

    /// <summary>
    /// How many of a revision may exist before one of it has served: as many as it takes to judge it. What never starts then costs no
    /// more than that, and is known sooner, for an engine starts few containers faster than many.
    /// </summary>
    private static int TriesOf(RolloutPass rollout, RolloutTargets targets, SortedMembers sorted)
    {
        var record = rollout.Record;
        var isKnown = record.BestAvailable > 0 || record.Stable is not { } stable || stable.Revision == targets.Goal.Revision
            || sorted.Goal.Exists(m => m.IsHealthy);
        return isKnown || rollout.Spec.StopsFirst(targets.Goal.Template) ? int.MaxValue : rollout.Spec.MaxFailures + 1;
    }

    private static int PlaceSome(
        PoolView view, RolloutRevision revision, int wanted, int missing, string reason, Placer placer, PlanBuilder plan)
    {
        if (wanted <= 0)
        {
            return 0;
        }

        var pool = view.Pool with { Template = revision.Template };
        var nodes = view.Homes is { } homes ? placer.TakeAtHome(pool, wanted, missing, homes) : placer.Take(pool, wanted);
        foreach (var node in nodes)
        {
            plan.Place(pool.Name, node, revision.Revision, reason);
        }

        if (nodes.Count < wanted)
        {
            var why = view.Homes is { } known ? placer.ExplainAtHome(pool, known) : placer.Explain(pool);
            plan.Block(new BlockedPool(pool.Name, wanted - nodes.Count, why));
            plan.Stick(pool.Name, $"no other node has room ({why})");
        }

        return nodes.Count;
    }

    private static string Reason(PoolView view, RolloutPass rollout, SortedMembers sorted) =>
        sorted.HasLost ? "replaces a replica on a lost node"
        : rollout.Record.Phase == RolloutPhase.RollingBack ? "brings the proven revision back"
        : sorted.Others.Count + sorted.Base.Count > 0 ? "replaces an older revision"
        : sorted.Leaving.Count > 0 ? "replaces a replica on a node that is taken out of use"
        : $"{view.Desired} replica{(view.Desired == 1 ? " is" : "s are")} wanted, {sorted.Count} assigned";

    private static void SayWhatIsWaitedFor(PoolView view, PlanBuilder plan)
    {
        if (view.Waiting is > 0 and var waiting)
        {
            var nodes = view.Members.Where(m => m is { IsLost: true, Assignment.Desired: DesiredStatus.Run })
                .Select(m => m.Node.Value).Distinct().Order(StringComparer.Ordinal);
            plan.Block(new BlockedPool(view.Name, waiting, view.Homes is null
                ? $"waits for {string.Join(", ", nodes)} to come back (replace: false)"
                : $"waits for {string.Join(", ", nodes)} to come back: {VolumeNames.Of(view.Pool.Template)} is there; "
                    + $"to start elsewhere without the data: nexus drain {nodes.First()} --leave-volumes"));
        }
    }

    /// <summary>Why a node that is emptied keeps replicas: their volumes would stay behind.</summary>
    private static void SayWhatIsHeld(PoolView view, Placer placer, PlanBuilder plan)
    {
        var held = view.Members.Where(m => m is { IsHeldByVolume: true, Runs: true } && placer.IsLeaving(m.Node))
            .Select(m => m.Node.Value).Distinct().Order(StringComparer.Ordinal).ToList();
        if (held.Count > 0)
        {
            plan.Stick(view.Name, $"{VolumeNames.Of(view.Pool.Template)} on {string.Join(", ", held)} does not move with a replica; "
                + $"to move it without the data: nexus drain {held[0]} --leave-volumes");
        }
    }
}
