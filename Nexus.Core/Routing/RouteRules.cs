using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Routing;

/// <summary>A route that a gateway leaves out.</summary>
/// <param name="Route">The route as messages name it: <c>example.org/shop</c>.</param>
/// <param name="Pool">Where it leads.</param>
/// <param name="Reason">Why it is left out.</param>
public sealed record RefusedRoute(string Route, PoolName Pool, string Reason);

/// <summary>
/// What a route must be for a gateway to apply it. The spec's reader lets nothing else through; a record that another version wrote
/// may hold it all the same, and then the bad routes are left out one by one.
/// </summary>
public static class RouteRules
{
    private const int MaxPath = 4096;

    /// <summary>Those that can be applied, in their order, and the others with the reason.</summary>
    public static (ImmutableArray<Route> Accepted, ImmutableArray<RefusedRoute> Refused) Split(ImmutableArray<Route> routes)
    {
        var accepted = ImmutableArray.CreateBuilder<Route>(routes.Length);
        var refused = ImmutableArray.CreateBuilder<RefusedRoute>();
        var taken = new Dictionary<RoutePattern, Route>();
        foreach (var route in routes)
        {
            if (Objection(route, taken) is { } reason)
            {
                refused.Add(new RefusedRoute(route.Host + route.Path, route.Pool, reason));
            }
            else
            {
                taken.Add(route.Pattern, route);
                accepted.Add(route);
            }
        }

        return (accepted.ToImmutable(), refused.ToImmutable());
    }

    private static string? Objection(Route route, Dictionary<RoutePattern, Route> taken)
    {
        if (route.Host is { } host && !HostName.IsValid(host))
        {
            return $"its host '{host}' is not a DNS name";
        }

        if (route.Path is not ['/', ..] || route.Path.Length > MaxPath || route.Path.Any(c => c is <= ' ' or '?' or '#' or '\x7f'))
        {
            return "its path is not the path of a URL";
        }

        if (!NameRules.IsValid(route.Pool.Value))
        {
            return $"'{route.Pool}' cannot be the name of a pool";
        }

        return taken.TryGetValue(route.Pattern, out var first)
            ? $"it takes the same requests as the route to pool '{first.Pool}' before it"
            : null;
    }
}
