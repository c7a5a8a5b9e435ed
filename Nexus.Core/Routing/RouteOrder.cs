using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>Turns the spec's routes into the order in which they are tried.</summary>
public static class RouteOrder
{
    /// <summary>
    /// The routes, most specific first: exact hosts before wildcards before any; among wildcards the longer; then the longer
    /// path prefix; then the order of the document. Of two routes for the same host and path the first holds.
    /// </summary>
    public static ImmutableArray<Route> Compute(ClusterSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return
        [
            .. spec.Gateway.Routes.Select(ToRoute)
                .DistinctBy(r => (r.Host, r.Path))
                .OrderBy(HostRank)
                .ThenByDescending(r => r.Host?.Length)
                .ThenByDescending(r => r.Path.Length),
        ];
    }

    private static Route ToRoute(RouteSpec route)
    {
        var host = string.IsNullOrEmpty(route.Host) || route.Host == "*" ? null : route.Host.ToLowerInvariant();
        var path = route.Path.TrimEnd('/');
        return new Route(host, path.Length == 0 ? "/" : path, route.StripPrefix && path.Length > 0, route.Pool, route.Timeout)
        {
            MaxBodyBytes = route.MaxBodyBytes,
            BodyTimeout = route.BodyTimeout,
        };
    }

    private static int HostRank(Route route) => route.Host switch
    {
        null => 2,
        ['*', ..] => 1,
        _ => 0,
    };
}
