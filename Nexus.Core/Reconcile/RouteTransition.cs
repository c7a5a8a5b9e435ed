using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Reconcile;

/// <summary>What a pool can do for a route that is to lead to it.</summary>
/// <param name="IsReady">Whether enough of it serves, known to every gateway.</param>
/// <param name="ServesSome">Whether any replica of it serves.</param>
/// <param name="Runs">Whether it has replicas at all, whatever their state, or is about to.</param>
/// <param name="IsGivenUp">Whether its rollout ended in failure, so that waiting helps only if a person acts.</param>
/// <param name="Deadline">How long a route may wait for it.</param>
/// <param name="Reason">What is missing until it is ready, in words.</param>
internal sealed record PoolReadiness(bool IsReady, bool ServesSome, bool Runs, bool IsGivenUp, TimeSpan Deadline, string Reason);

/// <summary>
/// Moves routes from what gateways route by towards what the spec asks for. A route leads to a pool only once that serves; until then
/// whatever took its requests before goes on taking them, by the same rules. Where nothing did, there is nothing to wait for.
/// </summary>
internal static class RouteTransition
{
    /// <summary>The routes in force from now on.</summary>
    /// <param name="wanted">What the spec asks for.</param>
    /// <param name="specRevision">Its revision.</param>
    /// <param name="before">What gateways route by.</param>
    /// <param name="readiness">What each pool can do.</param>
    /// <param name="now">The time.</param>
    public static RoutesRecord Compute(
        ImmutableArray<Route> wanted, long specRevision, RoutesRecord before, Func<PoolName, PoolReadiness> readiness, DateTimeOffset now)
    {
        var next = before with { SpecRevision = specRevision, Routes = wanted, Held = [] };
        if (wanted.All(route => readiness(route.Pool).IsReady) || before.Routes.IsEmpty)
        {
            return next;
        }

        // What a request got before and gets now is one pair of routes; all such requests are where the two overlap.
        var (wants, was) = (WithPatterns(wanted), WithPatterns(before.Routes));
        var overlaps = wants.SelectMany(route => was.Select(old => Overlap(route, old))).OfType<Placed>()
            .DistinctBy(place => place.Pattern)
            .Select(place => (Place: place, New: MostSpecific(wants, place.Pattern)!.Route, Old: MostSpecific(was, place.Pattern)!.Route))
            .ToList();
        var waiting = overlaps.Where(o => MustGoOn(o.Old.Pool, o.New.Pool, readiness)).ToList();
        var routes = wants.ToDictionary(route => route.Pattern, route => route.Route);
        foreach (var (place, rules, _) in overlaps.Where(o => waiting.Exists(w => Overlap(w.Place, o.Place) is not null)))
        {
            routes.TryAdd(place.Pattern, At(place.Route, rules));
        }

        foreach (var (place, _, old) in waiting)
        {
            routes[place.Pattern] = At(place.Route, old);
        }

        return next with
        {
            Routes = RouteOrder.MostSpecificFirst(routes.Values),
            Held =
            [
                .. waiting.Select(w => Hold(w.Place.Pattern, w.New.Pool, w.Old.Pool, before, readiness(w.New.Pool), now))
                    .OrderBy(h => h.Route, StringComparer.Ordinal),
            ],
        };
    }

    private static List<Placed> WithPatterns(ImmutableArray<Route> routes) => [.. routes.Select(route => new Placed(route, route.Pattern))];

    /// <summary>Where a place's requests go, by the rules of another route.</summary>
    private static Route At(Route place, Route rules) => rules with
    {
        Host = place.Host,
        Path = place.Path,
        OtherPrefix = rules.StripPrefix && rules.Prefix != place.Path ? rules.Prefix : null,
    };

    /// <summary>The requests that both routes take, as host and path; null for none.</summary>
    private static Placed? Overlap(Placed one, Placed other)
    {
        var (a, b) = (one.Pattern, other.Pattern);
        var isNarrowerHost = b.CoversHost(a);
        var isNarrowerPath = b.CoversPath(a);
        if ((!isNarrowerHost && !a.CoversHost(b)) || (!isNarrowerPath && !a.CoversPath(b)))
        {
            return null;
        }

        var route = one.Route with { Host = (isNarrowerHost ? one : other).Route.Host, Path = (isNarrowerPath ? one : other).Route.Path };
        return new Placed(route, route.Pattern);
    }

    /// <summary>Whether requests of one pool must not go to another yet.</summary>
    private static bool MustGoOn(PoolName old, PoolName next, Func<PoolName, PoolReadiness> readiness)
    {
        if (old == next || readiness(next) is not { IsReady: false } wanted)
        {
            return false;
        }

        var present = readiness(old);
        return present.Runs && (present.ServesSome || !wanted.ServesSome);
    }

    private static Placed? MostSpecific(List<Placed> routes, RoutePattern pattern) => routes
        .Where(route => route.Pattern.Covers(pattern))
        .OrderBy(route => RouteOrder.HostRank(route.Pattern.Host))
        .ThenByDescending(route => route.Pattern.Host?.Length ?? 0)
        .ThenByDescending(route => route.Pattern.Path.Length)
        .FirstOrDefault();

    private static HeldRoute Hold(
        RoutePattern pattern, PoolName wanted, PoolName serving, RoutesRecord before, PoolReadiness readiness, DateTimeOffset now)
    {
        var name = pattern.ToString();
        var since = before.Held.FirstOrDefault(h => h.Route == name && h.Wanted == wanted)?.Since ?? now;
        return new HeldRoute(name, wanted, serving, since, readiness.IsGivenUp || now - since >= readiness.Deadline);
    }

    /// <summary>A route with its pattern, which costs something to compute.</summary>
    private sealed record Placed(Route Route, RoutePattern Pattern);
}
