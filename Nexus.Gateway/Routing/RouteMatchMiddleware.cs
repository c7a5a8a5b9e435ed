using Microsoft.Extensions.Options;
using Nexus.Gateway.Admin;
using Nexus.Gateway.Forwarding;

namespace Nexus.Gateway.Routing;

/// <summary>
/// Chooses the route of each request on the traffic ports, before the framework's routing, which leaves alone what has its endpoint.
/// </summary>
internal sealed class RouteMatchMiddleware(RequestDelegate next, ProxyRoutes routes, RoutingState routing, IOptions<GatewayOptions> options)
{
    private readonly int _adminPort = options.Value.AdminUrl.Port;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == _adminPort
            || string.Equals(context.Request.Path.Value, GatewayEndpoints.TrafficHealth, StringComparison.OrdinalIgnoreCase))
        {
            return next(context);
        }

        if (routes.Match(context) is not { } endpoint)
        {
            return routing.Current.IsEmpty ? Refusal.NotReadyAsync(context) : Refusal.NotRoutedAsync(context);
        }

        context.SetEndpoint(endpoint);
        return next(context);
    }
}
