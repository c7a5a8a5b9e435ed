using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.Features;
using Nexus.Core.Routing;
using Nexus.Core.Spec.Values;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;
using Route = Nexus.Core.Routing.Route;

namespace Nexus.Gateway.Routing;

/// <summary>
/// The routes in force. Requests are matched by <see cref="RouteTable{T}"/>, not by the framework's own routing, which compares paths
/// without regard to case; YARP keeps what a route leads to.
/// </summary>
internal sealed class ProxyRoutes(ProxyConfigSource source, IProxyStateLookup proxy, IConfigValidator validator)
{
    // YARP's own state is the source of its endpoints.
    private readonly EndpointDataSource _endpoints = (EndpointDataSource)proxy;
    private volatile RouteTable<Endpoint> _table = new([]);
    private volatile IReadOnlyList<RefusedRoute> _refused = [];

    /// <summary>Routes of the last snapshot that YARP does not take.</summary>
    public IReadOnlyList<RefusedRoute> Refused => _refused;

    /// <summary>Puts the routes of a snapshot into force, those aside that YARP refuses.</summary>
    public async Task UseAsync(RoutingSnapshot snapshot, CancellationToken cancellationToken)
    {
        ImmutableArray<RefusedRoute> refused = [];
        if (await source.UpdateAsync(snapshot, [.. snapshot.Routes], cancellationToken) is { } all)
        {
            refused = await RefusedAsync(snapshot);
            var others = snapshot.Routes.Where(route => refused.All(r => r.Route != Name(route))).ToImmutableArray();
            if (refused.IsEmpty || await source.UpdateAsync(snapshot, others, cancellationToken) is not null)
            {
                _refused = [.. snapshot.Routes.Select(route => new RefusedRoute(Name(route), route.Pool, all))];
                return;
            }
        }

        _refused = refused;
        var endpoints = _endpoints.Endpoints
            .Select(endpoint => (endpoint.Metadata.GetMetadata<RouteModel>()?.Config.RouteId, Endpoint: endpoint))
            .Where(entry => entry.RouteId is not null)
            .ToDictionary(entry => entry.RouteId!, entry => entry.Endpoint, StringComparer.Ordinal);
        _table = new RouteTable<Endpoint>(snapshot.Routes
            .Select(route => (route.Pattern, endpoints.GetValueOrDefault(ProxyConfigTranslation.IdOf(route))!))
            .Where(entry => entry.Item2 is not null));
    }

    /// <summary>Where a request goes; null when no route takes it.</summary>
    public Endpoint? Match(HttpContext context) =>
        _table.Find(context.Request.Host.Host, UrlPath.Canonical(RawPath(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)));

    /// <summary>Sends a request that found nobody to where it goes by now; false when that is where it was sent before.</summary>
    public bool TryMatchAgain(HttpContext context)
    {
        var before = context.GetReverseProxyFeature();
        if (Match(context)?.Metadata.GetMetadata<RouteModel>() is not { Cluster: { } cluster } route
            || cluster.ClusterId == before.Route.Cluster?.ClusterId)
        {
            return false;
        }

        context.ReassignProxyRequest(route, cluster);
        return true;
    }

    private async Task<ImmutableArray<RefusedRoute>> RefusedAsync(RoutingSnapshot snapshot)
    {
        var refused = ImmutableArray.CreateBuilder<RefusedRoute>();
        foreach (var route in snapshot.Routes)
        {
            var errors = await validator.ValidateRouteAsync(ProxyConfigTranslation.ToConfig(route, order: 1));
            if (errors.Count > 0)
            {
                refused.Add(new RefusedRoute(Name(route), route.Pool, string.Join("; ", errors.Select(e => e.Message))));
            }
        }

        return refused.ToImmutable();
    }

    private static string Name(Route route) => route.Pattern.ToString();

    /// <summary>The path as sent: of the origin form of a target up to its query, of the absolute form behind its authority.</summary>
    private static string RawPath(string target)
    {
        var start = 0;
        if (target is not ['/', ..])
        {
            var authority = target.IndexOf("://", StringComparison.Ordinal);
            start = authority < 0 ? -1 : target.IndexOf('/', authority + 3);
        }

        if (start < 0)
        {
            return "/"; // OPTIONS *, or an absolute target without a path.
        }

        var end = target.AsSpan(start).IndexOfAny('?', '#');
        return end < 0 ? target[start..] : target.Substring(start, end);
    }
}
