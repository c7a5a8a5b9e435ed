using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Nexus.Core.Routing;
using Nexus.Gateway.Forwarding;
using Yarp.ReverseProxy.Configuration;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>Says a snapshot in YARP's words: a route is a route, a pool a cluster. Destinations stay with <see cref="Live.LivePools"/>.</summary>
internal static class ProxyConfigTranslation
{
    private const string PathKey = "path";
    private const string StripKey = "strip";

    private static readonly Dictionary<string, string>[] KeepHost = [new(StringComparer.Ordinal) { ["RequestHeaderOriginalHost"] = "true" }];

    /// <summary>Works out what replicas get of a request's target; false when it must not be forwarded on that route.</summary>
    public static bool TryTarget(HttpContext context, RouteConfig route)
    {
        var path = route.Metadata?.GetValueOrDefault(PathKey) ?? "/";
        var strips = route.Metadata?.ContainsKey(StripKey) == true;
        if (RequestTarget.PathAndQuery(context.Features.Get<IHttpRequestFeature>()!.RawTarget) is not { } written
            || RequestTarget.Forwarded(written, path, strips) is not { } forwarded)
        {
            return false;
        }

        context.Features.Set(new ForwardedTarget(forwarded, strips ? path : null));
        return true;
    }

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
        Transforms = KeepHost,
        Metadata = Metadata(route),
    };

    /// <summary>The pools; how requests are sent is decided for each attempt, by the replica's protocol.</summary>
    public static ImmutableArray<ClusterConfig> Clusters(RoutingSnapshot snapshot) =>
        [.. snapshot.Pools.Select(pool => new ClusterConfig { ClusterId = pool.Name.Value })];

    private static Dictionary<string, string> Metadata(Route route)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [PathKey] = route.StripPrefix ? route.Prefix : route.Path };
        if (route.StripPrefix)
        {
            metadata[StripKey] = "true";
        }

        RouteLimits.AddTo(metadata, route);
        return metadata;
    }
}
