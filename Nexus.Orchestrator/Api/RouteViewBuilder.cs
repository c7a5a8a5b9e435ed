using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Core.Routing;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Api;

/// <summary>Turns what is wrong with routes into what the API shows. Pure.</summary>
internal static class RouteViewBuilder
{
    /// <summary>Routes that are not as the spec asks for.</summary>
    public static ImmutableArray<RouteView> Routes(Look look)
    {
        var snapshot = look.Stored.Snapshot;
        var record = snapshot.Routes;
        return
        [
            .. look.Plan.Waits.Select(wait => new RouteView(
                wait.Held.Route, wait.Held.IsOverdue ? RouteState.NotSwitched : RouteState.Waiting, wait.Held.Wanted.Value ?? "",
                wait.Held.Serving.Value, wait.Reason)),
            .. snapshot.Gateways.Values.SelectMany(gateway => gateway.Refused.Select(refused => Refused(gateway.Gateway, refused))),
            .. snapshot.Gateways.Values
                .Where(gateway => record is not null && gateway.RoutesRevision is { } applied && applied < record.Revision)
                .Select(gateway => new RouteView(
                    "", RouteState.Applying, "", null, $"gateway {gateway.Gateway} routes by routes revision {gateway.RoutesRevision}, not {record!.Revision} yet")),
        ];
    }

    private static RouteView Refused(string gateway, RefusedRoute route) =>
        new(route.Route, RouteState.Refused, route.Pool.Value, null, $"gateway {gateway} leaves it out: {route.Reason}");
}
