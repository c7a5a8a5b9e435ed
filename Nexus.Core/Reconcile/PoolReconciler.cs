using Nexus.Core.Placement;
using Nexus.Core.Spec;

namespace Nexus.Core.Reconcile;

/// <summary>The steps of one pool.</summary>
internal static class PoolReconciler
{
    public static void AddSteps(PoolSpec pool, List<Member> all, Placer placer, PlanBuilder plan, DateTimeOffset now)
    {
        var revision = PoolRevisions.Compute(pool.Template);
        var members = PoolMembers.Sort(all, revision);
        var desired = Reconciler.DesiredCount(pool);

        plan.StopAll(pool.Name, members.Lost, "its node is lost");
        Place(pool, members, desired, placer, plan);
        plan.StopAll(pool.Name, Surplus(members.Current, members.Current.Count - desired, pool.Rollout, now),
            $"{desired} replica{(desired == 1 ? " is" : "s are")} wanted");
        plan.StopAll(pool.Name, Replaceable(pool.Rollout, members, desired, now), $"replaced by revision {revision}");
        LookAgainWhenAvailable(pool.Rollout, members, plan, now);
    }

    /// <summary>New replicas up to the wanted count; while old ones remain, up to the count plus the surge.</summary>
    private static void Place(PoolSpec pool, PoolMembers members, int desired, Placer placer, PlanBuilder plan)
    {
        var room = desired + (members.Outdated.Count > 0 ? pool.Rollout.MaxSurge : 0) - members.Count;
        var wanted = Math.Min(desired - members.Current.Count, room);
        if (wanted <= 0)
        {
            return;
        }

        var reason = members.Lost.Count > 0 ? "replaces a replica on a lost node"
            : members.Outdated.Count > 0 ? "replaces an older revision"
            : $"{desired} replica{(desired == 1 ? " is" : "s are")} wanted, {members.Current.Count} assigned";
        var revision = PoolRevisions.Compute(pool.Template);
        var nodes = placer.Take(pool, wanted);
        foreach (var node in nodes)
        {
            plan.Place(pool.Name, node, revision, reason);
        }

        if (nodes.Count < wanted)
        {
            plan.Block(new BlockedPool(pool.Name, wanted - nodes.Count, placer.Explain(pool)));
        }
    }

    /// <summary>
    /// Old replicas that may go now: as many as leave <c>desired - max_unavailable</c> behind when every new replica that is
    /// not proven yet is taken for missing. Those that serve nothing go first, but under the same count, so that a check that
    /// fails everywhere at once cannot empty the pool.
    /// </summary>
    private static List<Member> Replaceable(RolloutSpec rollout, PoolMembers members, int desired, DateTimeOffset now)
    {
        var least = Math.Max(0, desired - rollout.MaxUnavailable);
        var unproven = members.Current.Count(m => !m.IsAvailable(rollout.MinHealthyTime, now));
        return Surplus(members.Outdated, members.Count - least - unproven, rollout, now);
    }

    /// <summary>The <paramref name="count"/> members that are missed least: not available, then most crowded, then newest.</summary>
    private static List<Member> Surplus(List<Member> members, int count, RolloutSpec rollout, DateTimeOffset now)
    {
        if (count <= 0)
        {
            return [];
        }

        var onNode = members.GroupBy(m => m.Node).ToDictionary(g => g.Key, g => g.Count());
        var chosen = new List<Member>(count);
        var left = new List<Member>(members);
        while (chosen.Count < count && left.Count > 0)
        {
            var next = left
                .OrderBy(m => m.IsAvailable(rollout.MinHealthyTime, now))
                .ThenByDescending(m => onNode[m.Node])
                .ThenByDescending(m => m.Id.Value.Length)
                .ThenByDescending(m => m.Id.Value, StringComparer.Ordinal)
                .First();
            left.Remove(next);
            onNode[next.Node]--;
            chosen.Add(next);
        }

        return chosen;
    }

    private static void LookAgainWhenAvailable(RolloutSpec rollout, PoolMembers members, PlanBuilder plan, DateTimeOffset now)
    {
        if (members.Outdated.Count == 0)
        {
            return;
        }

        foreach (var member in members.Current)
        {
            if (member.AvailableAt(rollout.MinHealthyTime) is { } at && at > now)
            {
                plan.LookAgain(at);
            }
        }
    }
}
