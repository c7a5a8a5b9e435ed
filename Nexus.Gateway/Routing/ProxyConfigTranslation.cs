using System.Collections.Immutable;
using System.Net;
using Nexus.Core.Routing;
using Nexus.Gateway.Forwarding;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>Says a snapshot in YARP's words: a pool is a cluster, an allocation a destination.</summary>
internal static class ProxyConfigTranslation
{
    private static readonly HealthCheckConfig ByRotation = new() { AvailableDestinationsPolicy = RotationPolicy.PolicyName };

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
                HealthCheck = ByRotation,
                HttpRequest = request,
                Destinations = pool.Destinations.ToDictionary(d => d.Id.Value, ToConfig, StringComparer.Ordinal),
            }),
        ];
    }

    private static DestinationConfig ToConfig(Destination destination) => new()
    {
        Address = destination.Address,
        Metadata = RotationPolicy.Metadata(destination),
    };

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
