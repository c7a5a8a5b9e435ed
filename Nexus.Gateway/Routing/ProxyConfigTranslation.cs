using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Nexus.Core.Routing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>Says a snapshot in YARP's words: a route is a route, a pool a cluster. Destinations stay with <see cref="Live.LivePools"/>.</summary>
internal static class ProxyConfigTranslation
{
    private const string TimeoutKey = "timeout";

    /// <summary>How long the head of an answer may take on a route; null for no limit.</summary>
    public static TimeSpan? TimeoutOf(RouteConfig route) =>
        route.Metadata is { } metadata && metadata.TryGetValue(TimeoutKey, out var text)
            ? TimeSpan.ParseExact(text, "c", CultureInfo.InvariantCulture)
            : null;

    /// <summary>YARP compares ids without regard to case, which is why the place of each capital letter is part of it.</summary>
    public static string IdOf(Route route)
    {
        var pattern = route.Pattern.ToString();
        var capitals = pattern.Select((c, at) => (c, at)).Where(p => char.IsUpper(p.c)).Select(p => p.at.ToString(CultureInfo.InvariantCulture));
        return $"{pattern} {string.Join('.', capitals)}";
    }

    /// <summary>The routes in their order; zero is left to the gateway's own endpoints.</summary>
    public static ImmutableArray<RouteConfig> Routes(ImmutableArray<Route> routes) => [.. routes.Select((route, index) => ToConfig(route, index + 1))];

    /// <summary>What a route leads to. Which requests it takes is not in it: <see cref="ProxyRoutes"/> decides that.</summary>
    public static RouteConfig ToConfig(Route route, int order) => new()
    {
        RouteId = IdOf(route),
        ClusterId = route.Pool.Value,
        Order = order,
        Match = new RouteMatch { Path = "/{**rest}" },
        Transforms = Transforms(route),
        Metadata = route.Timeout is { } timeout
            ? new Dictionary<string, string>(StringComparer.Ordinal) { [TimeoutKey] = timeout.ToString("c") }
            : null,
    };

    public static ImmutableArray<ClusterConfig> Clusters(RoutingSnapshot snapshot, UpstreamOptions upstream)
    {
        var request = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = upstream.ActivityTimeout,
        };
        return
        [
            .. snapshot.Pools.Select(pool => new ClusterConfig
            {
                ClusterId = pool.Name.Value,
                HttpRequest = request,
            }),
        ];
    }

    private static Dictionary<string, string>[] Transforms(Route route)
    {
        var host = new Dictionary<string, string>(StringComparer.Ordinal) { ["RequestHeaderOriginalHost"] = "true" };
        return route.StripPrefix
            ?
            [
                host,
                new(StringComparer.Ordinal) { ["PathRemovePrefix"] = route.Prefix },
                new(StringComparer.Ordinal) { ["RequestHeader"] = "X-Forwarded-Prefix", ["Set"] = route.Prefix },
            ]
            : [host];
    }
}
