using Nexus.Gateway.Routing;
using Yarp.ReverseProxy.Configuration;

namespace Nexus.Gateway.Limits;

/// <summary>The limits of a request body on one route.</summary>
/// <param name="Most">Most bytes; null for no limit.</param>
/// <param name="Pause">How long the client may pause.</param>
internal readonly record struct BodyLimits(long? Most, TimeSpan Pause)
{
    /// <summary>Those of the route, and of the gateway where it sets none.</summary>
    public static BodyLimits Of(RouteConfig route, GatewayOptions options)
    {
        var limits = RouteLimits.Of(route);
        return new(limits.MaxBodyBytes ?? options.MaxRequestBodySize, limits.BodyTimeout ?? options.Limits.RequestBodyIdleTimeout);
    }
}
