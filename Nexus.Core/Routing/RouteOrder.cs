using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Routing;

/// <summary>Turns the spec's routes into the order in which they are shown and tried.</summary>
public static class RouteOrder
{
    /// <summary>The spec's routes, most specific first.</summary>
    public static ImmutableArray<Route> Compute(ClusterSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return MostSpecificFirst(spec.Gateway.Routes.Select(ToRoute));
    }

    /// <summary>Exact hosts before wildcards before any; among wildcards the longer; then the longer path prefix.</summary>
    public static ImmutableArray<Route> MostSpecificFirst(IEnumerable<Route> routes) =>
    [
        .. routes
            .OrderBy(route => HostRank(route.Host))
            .ThenByDescending(route => route.Host?.Length ?? 0)
            .ThenByDescending(route => route.Path.Length),
    ];

    internal static int HostRank(string? host) => host switch
    {
        null => 2,
        ['*', ..] => 1,
        _ => 0,
    };

    private static Route ToRoute(RouteSpec route)
    {
        var path = route.Path.TrimEnd('/');
        return new Route(
            RoutePattern.Of(route.Host, route.Path).Host, path.Length == 0 ? "/" : path, route.StripPrefix && path.Length > 0, route.Pool, route.Timeout)
        {
            MaxBodyBytes = route.MaxBodyBytes,
            BodyTimeout = route.BodyTimeout,
        };
    }
}
