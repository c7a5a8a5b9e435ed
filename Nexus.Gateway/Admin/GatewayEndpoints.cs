using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;
using Nexus.ServiceDefaults;

namespace Nexus.Gateway.Admin;

/// <summary>What the gateway answers itself. On the traffic ports that is one reserved path and every refusal.</summary>
internal static class GatewayEndpoints
{
    /// <summary>Health on the traffic ports, under a prefix no pool needs: <c>/health</c> there belongs to the pools.</summary>
    public const string TrafficHealth = "/.nexus/health";

    public static void MapGatewayEndpoints(this WebApplication app, int adminPort)
    {
        app.MapHealthChecks(TrafficHealth, new HealthCheckOptions()).DisableHttpMetrics();
        app.MapGet("/routes", Show).RequireLocalPort(adminPort).DisableHttpMetrics();
        app.MapFallback("{**path}", RefuseAsync);
    }

    private static IResult Show(RoutingState routing, EjectionBook ejections, LivePools pools) =>
        Results.Json(RoutesView.Of(routing.Current, ejections, pools), RoutesJson.Default.RoutesView);

    private static Task RefuseAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<RoutingState>().Current.IsEmpty
            ? Refusal.NotReadyAsync(context)
            : Refusal.NotRoutedAsync(context);
}
