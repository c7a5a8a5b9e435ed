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

    /// <summary>The routes, in the snapshot's order; zero is left to the gateway's own endpoints.</summary>
    public static ImmutableArray<RouteConfig> Routes(RoutingSnapshot snapshot) =>
    [
        .. snapshot.Routes.Select((route, index) => new RouteConfig
        {
            RouteId = (route.Host ?? "*") + route.Path,
            ClusterId = route.Pool.Value,
            Order = index + 1,
            Match = new RouteMatch
            {
                Hosts = route.Host is null ? null : [route.Host],
                Path = Uri.UnescapeDataString(route.Path.TrimEnd('/')).Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)
                    + "/{**rest}",
            },
            Transforms = Transforms(route),
            Metadata = route.Timeout is { } timeout
                ? new Dictionary<string, string>(StringComparer.Ordinal) { [TimeoutKey] = timeout.ToString("c") }
                : null,
        }),
    ];

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
                new(StringComparer.Ordinal) { ["PathRemovePrefix"] = route.Path },
                new(StringComparer.Ordinal) { ["RequestHeader"] = "X-Forwarded-Prefix", ["Set"] = route.Path },
            ]
            : [host];
    }
}
