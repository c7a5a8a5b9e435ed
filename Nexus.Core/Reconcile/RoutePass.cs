using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>A route that waits for its pool, as people see it.</summary>
/// <param name="Held">What is known of it.</param>
/// <param name="Reason">What it waits for, in words.</param>
public sealed record RouteWait(HeldRoute Held, string Reason);

/// <summary>
/// One pass over the routes: the next record, and which pools must stay because requests may still go to them. Pools that the spec has
/// no more are stopped only when no route leads to them and every live gateway routes by that.
/// </summary>
internal sealed class RoutePass
{
    private readonly ClusterSnapshot _snapshot;
    private readonly Dictionary<PoolName, RolloutPass> _passes;
    private readonly Dictionary<PoolName, List<Member>> _others;
    private readonly List<GatewayReport> _gateways;
    private readonly DateTimeOffset _now;

    private RoutePass(ClusterSnapshot snapshot, IEnumerable<RolloutPass> passes, Dictionary<PoolName, List<Member>> others, DateTimeOffset now)
    {
        (_snapshot, _others, _now) = (snapshot, others, now);
        _passes = passes.ToDictionary(pass => pass.View.Name);
        _gateways = [.. snapshot.Gateways.Values];
    }

    /// <summary>The record to write; null when the one that is there says it already, or nothing can be said yet.</summary>
    public RoutesRecord? Next { get; private set; }

    /// <summary>Pools without a place in the spec that are not stopped.</summary>
    public HashSet<PoolName> Kept { get; } = [];

    /// <summary>Adds the routes to a plan.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="passes">Rollouts of the pools of the spec and of those that are retained.</param>
    /// <param name="others">Allocations of all other pools.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="now">The time.</param>
    public static RoutePass Add(
        ClusterSnapshot snapshot, IReadOnlyCollection<RolloutPass> passes, Dictionary<PoolName, List<Member>> others, PlanBuilder plan,
        DateTimeOffset now)
    {
        var pass = new RoutePass(snapshot, passes, others, now);
        pass.Run(plan);
        return pass;
    }

    private void Run(PlanBuilder plan)
    {
        var spec = _snapshot.Spec!;
        var before = _snapshot.Routes;
        if (before is null && MustNotBegin())
        {
            Kept.UnionWith(_others.Keys.Where(pool => GetsRequests(pool) || NobodySays));
            plan.Waits = [new RouteWait(new HeldRoute("", default, default, _now, false), MissingRecord)];
            return;
        }

        var start = before ?? new RoutesRecord { Revision = _gateways.Select(g => g.RoutesRevision ?? 0).DefaultIfEmpty(0).Max(), SpecRevision = _snapshot.SpecRevision };
        var next = RouteTransition.Compute(RouteOrder.Compute(spec), _snapshot.SpecRevision, start, ReadinessOf, _now);
        next = next with { Retained = Retained(start, next) };
        var isNew = before is null ? !next.Routes.IsEmpty : !next.SaysLike(before);
        Next = isNew ? next with { Revision = start.Revision + 1 } : null;
        Kept.UnionWith(_others.Keys.Where(pool => GetsRequests(pool) || next.Retained.Any(retained => retained.Pool == pool)));
        plan.Routes = Next;
        plan.Waits = [.. next.Held.Select(held => new RouteWait(held, ReadinessOf(held.Wanted).Reason))];
        Report(start, next, plan);
    }

    private const string MissingRecord =
        "the record of routes 'nexus/routes' is missing or unreadable; gateways keep the routes they have, and it is written again once every pool that the spec routes to serves";

    /// <summary>
    /// Gateways may route by a record that is not there any more: what it said is not known, so nothing moves away from it blindly. Their
    /// reports end with their sessions, as during an outage of Consul, so no report is no word that they route by none.
    /// </summary>
    private bool MustNotBegin() =>
        (_gateways.Exists(g => g.RoutesRevision > 0) || (NobodySays && RunsAnything))
        && _snapshot.Spec!.Gateway.Routes.Any(route => !ReadinessOf(route.Pool).IsReady);

    private bool NobodySays => _gateways.TrueForAll(g => g.IsUnknown);

    private bool RunsAnything => _passes.Keys.Concat(_others.Keys).Any(Runs);

    /// <summary>Pools that the spec has no more and that still have requests: where routes lead, and where gateways have not let go.</summary>
    private ImmutableArray<RetainedPool> Retained(RoutesRecord before, RoutesRecord next)
    {
        var pools = _snapshot.Spec!.Pools.Select(pool => pool.Name).ToHashSet();
        return
        [
            .. before.Routes.Select(route => route.Pool).Concat(before.Retained.Select(r => r.Pool)).Distinct()
                .Where(pool => !pools.Contains(pool) && IsToRun(pool))
                .Where(pool => next.Routes.Any(route => route.Pool == pool) || before.Routes.Any(route => route.Pool == pool) || GetsRequests(pool) || !HaveApplied(before))
                .OrderBy(pool => pool.Value, StringComparer.Ordinal)
                .Select(pool => new RetainedPool(pool, before.Retained.FirstOrDefault(r => r.Pool == pool)?.SpecRevision ?? before.SpecRevision)),
        ];
    }

    private bool HaveApplied(RoutesRecord record) => _gateways.TrueForAll(g => g.RoutesRevision is null || g.RoutesRevision >= record.Revision);

    private bool GetsRequests(PoolName pool)
    {
        var members = MembersOf(pool).Select(m => m.Id).ToHashSet();
        return _gateways.Exists(g => g.Destinations.Any(d => d.TakesRequests && members.Contains(d.Allocation)));
    }

    // A pool that stops each replica before it starts the next may have none at the moment, and has some again in the next.
    private bool IsToRun(PoolName pool) => Runs(pool) || (_passes.TryGetValue(pool, out var pass) && pass.View.Desired > 0);

    private bool Runs(PoolName pool) => MembersOf(pool).Any(m => m.Assignment.Desired != DesiredStatus.Stop);

    private IReadOnlyCollection<Member> MembersOf(PoolName pool) =>
        _passes.TryGetValue(pool, out var pass) ? pass.View.Members : _others.GetValueOrDefault(pool) ?? [];

    private PoolReadiness ReadinessOf(PoolName pool)
    {
        if (!_passes.TryGetValue(pool, out var pass))
        {
            // What it is made of cannot be read; what runs of it is taken to serve.
            var runs = Runs(pool);
            return new PoolReadiness(runs, runs, runs, false, TimeSpan.MaxValue, $"pool '{pool}' is not in the spec");
        }

        var view = pass.View;
        var available = view.Members.Count(m => m.Runs && view.IsAvailable(m));
        var needed = Math.Max(1, view.Desired - view.Waiting - view.Pool.Rollout.UnavailableFor(view.Pool.Template));
        var unaware = _gateways.Where(g => g.RoutesRevision is not null && !g.Pools.Contains(pool)).Select(g => g.Gateway).ToList();
        var record = pass.Record;
        var isGivenUp = record.Phase is RolloutPhase.Failed or RolloutPhase.RolledBack;
        var reason = view.Desired == 0 ? $"pool '{pool}' has min_replicas: 0"
            : available < needed ? $"{available} of {view.Desired} replicas of pool '{pool}' serve"
                + (isGivenUp && record.Reason.Length > 0 ? $"; its rollout failed: {record.Reason}" : "")
            : $"{string.Join(", ", unaware)} {(unaware.Count == 1 ? "does" : "do")} not know the replicas of pool '{pool}' yet";
        return new PoolReadiness(
            view.Desired > 0 && available >= needed && unaware.Count == 0, available > 0 && unaware.Count == 0, IsToRun(pool),
            isGivenUp && available < needed, pass.Spec.ProgressDeadline, reason);
    }

    private void Report(RoutesRecord before, RoutesRecord next, PlanBuilder plan)
    {
        foreach (var held in next.Held)
        {
            var known = before.Held.FirstOrDefault(h => h.Route == held.Route && h.Wanted == held.Wanted);
            var readiness = ReadinessOf(held.Wanted);
            if (held.IsOverdue && known is not { IsOverdue: true })
            {
                plan.Add(new PlanNotice("RouteNotSwitched", EventSeverity.Error,
                    $"Route {held.Route} stays with pool {held.Serving} and not {held.Wanted}, which the spec asks for: {readiness.Reason}.", held.Wanted));
            }
            else if (known is null)
            {
                plan.Add(new PlanNotice("RouteWaits", EventSeverity.Info,
                    $"Route {held.Route} stays with pool {held.Serving} until pool {held.Wanted} serves: {readiness.Reason}.", held.Wanted));
            }

            plan.LookAgain(held.IsOverdue || readiness.Deadline == TimeSpan.MaxValue ? null : held.Since + readiness.Deadline);
        }

        foreach (var over in before.Held.Where(h => next.Held.All(n => n.Route != h.Route)))
        {
            var pool = next.Routes.FirstOrDefault(route => route.Pattern.ToString() == over.Route)?.Pool;
            plan.Add(new PlanNotice("RouteSwitched", EventSeverity.Info, pool is { } leads
                ? $"Route {over.Route} leads to pool {leads} now."
                : $"Route {over.Route} is gone.", pool ?? over.Wanted));
        }
    }
}
