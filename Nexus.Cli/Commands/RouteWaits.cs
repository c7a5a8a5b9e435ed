using Nexus.Api.V1;

namespace Nexus.Cli.Commands;

/// <summary>What a wait for an apply makes of routes that are not as the spec asks for.</summary>
internal static class RouteWaits
{
    /// <summary>Whether all gateways route as the spec asks for.</summary>
    public static bool AreDone(StatusView status) =>
        status.Routes.IsEmpty && (status.RoutesSpecRevision is null || status.RoutesSpecRevision >= status.SpecRevision);

    /// <summary>Why waiting for routes helps no more; null while it does.</summary>
    /// <param name="status">The cluster.</param>
    /// <param name="changing">Pools that are still on their way.</param>
    public static string? Failure(StatusView status, IEnumerable<string> changing)
    {
        var refused = status.Routes.Where(route => route.State == RouteState.Refused).ToList();
        if (refused.Count > 0)
        {
            return string.Join("; ", refused.Select(Describe));
        }

        var stuck = status.Routes.Where(route => route.State == RouteState.NotSwitched).ToList();
        var others = changing.Except(stuck.Select(route => route.Pool), StringComparer.Ordinal);
        return stuck.Count > 0 && !others.Any() ? string.Join("; ", stuck.Select(Describe)) : null;
    }

    /// <summary>The routes that stay where they were.</summary>
    public static IEnumerable<string> Held(StatusView status) =>
        status.Routes.Where(route => route.State is RouteState.Waiting or RouteState.NotSwitched).Select(Describe);

    /// <summary>A route in one line.</summary>
    public static string Describe(RouteView route) => route.State switch
    {
        _ when route.Route.Length == 0 => $"routes: {route.Reason}",
        RouteState.Waiting => $"route {route.Route}: pool {route.Serving} serves until pool {route.Pool} does: {route.Reason}",
        RouteState.NotSwitched => $"route {route.Route}: stays with pool {route.Serving}, not switched to {route.Pool}: {route.Reason}",
        _ => $"route {route.Route} to pool {route.Pool}: {route.Reason}",
    };
}
