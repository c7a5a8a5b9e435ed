using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of the document, and the rules between routes and pools.</summary>
internal static class ClusterSection
{
    private const int MaxRouteBytes = 360 * 1024;

    // A route stands in the record twice while it waits for its pool, with its times and limits.
    private const int BytesPerRoute = 360;

    public static Section<ClusterSpec> Section { get; } = new(new ClusterSpec(),
    [
        new SpecKey<ClusterSpec, string>("cluster", PoolsValue.Name, c => c.Cluster, (c, v) => c with { Cluster = v },
            "Name of the cluster, as status shows it."),
        new SpecKey<ClusterSpec, ImmutableArray<PoolSpec>>("worker_pools", new PoolsValue(), null,
            (c, v) => c with { Pools = v },
            "The pools by name. A name is a service in Consul, so others find it as NAME.service.consul.") { IsRequired = true },
        new SpecKey<ClusterSpec, GatewaySpec>("gateway", GatewaySection.Section, c => c.Gateway,
            (c, v) => c with { Gateway = v },
            "How traffic reaches the pools."),
        new SpecKey<ClusterSpec, bool>("drills", new ChoiceValue<bool>(("forbidden", false), ("allowed", true)), c => c.DrillsAllowed,
            (c, v) => c with { DrillsAllowed = v },
            "Whether nexus drill may kill, hang and stop things here to prove that no request is lost."),
    ])
    {
        Planned = ["nodes"],
        Complete = Complete,
    };

    private static ClusterSpec Complete(ClusterSpec spec, SpecCursor cursor)
    {
        var gateway = cursor.Child("gateway");
        if (!cursor.Has("gateway") || !gateway.Has("routes"))
        {
            spec = spec with { Gateway = spec.Gateway with { Routes = SpecDefaults.ImplicitRoutes(spec.Pools) } };
        }
        else if (gateway.Child("routes") is { Node: SpecSequence list } routes)
        {
            for (var i = 0; i < list.Items.Length; i++)
            {
                CheckTarget(spec, routes.Item(i), cursor.Child("worker_pools"));
            }

            CheckSize(spec.Gateway.Routes, routes);
        }

        if (cursor.IsSound("gateway"))
        {
            WarnOfUnreached(spec, cursor.Child("worker_pools"));
        }

        return spec with { Gateway = spec.Gateway with { Routes = SpecDefaults.MostSpecificFirst(spec.Gateway.Routes) } };
    }

    private static void CheckSize(ImmutableArray<RouteSpec> routes, SpecCursor cursor)
    {
        var size = routes.Sum(route => BytesPerRoute + (2 * ((route.Host?.Length ?? 0) + route.Path.Length)) + (3 * NameRules.MaxLength));
        if (size > MaxRouteBytes)
        {
            cursor.Error($"found {routes.Length} routes of {size} bytes as stored; allowed are at most {MaxRouteBytes}, since all routes are one value of the store");
        }
    }

    private static void CheckTarget(ClusterSpec spec, SpecCursor route, SpecCursor pools)
    {
        if (route.Child("strip_prefix") is { Node: SpecScalar { Text: "true" } } strip && !route.Has("path"))
        {
            strip.Warn("has no effect: the route's path is /");
        }

        var target = route.Child("pool");
        if (!route.Has("pool") || !route.IsSound("pool") || target.Node is not SpecScalar { Text: var name }
            || !PoolsValue.IsSaid(pools.Node))
        {
            return;
        }

        var pool = spec.Pools.FirstOrDefault(pool => pool.Name.Value == name);
        if (pool is null)
        {
            var names = spec.Pools.Select(pool => pool.Name.Value).ToList();
            target.Error($"found {Excerpt.Quote(name)}, which is no pool; "
                + (NearestName.Find(name, names) is { } near ? $"did you mean '{near}'?"
                    : names.Count > 0 ? $"allowed is {string.Join(" or ", names)}" : "there is none"));
        }
        else if (pool.Template.Port is null && pools.Child(name).Node is SpecMapping && pools.Child(name).IsSound("port"))
        {
            target.Error($"found {Excerpt.Quote(name)}, which has no port; allowed are pools with a port");
        }
    }

    private static void WarnOfUnreached(ClusterSpec spec, SpecCursor pools)
    {
        var reached = spec.Gateway.Routes.Select(route => route.Pool).ToHashSet();
        foreach (var pool in spec.Pools.Where(pool =>
            pool.Template is { Port: not null, Health.Type: HealthCheckType.Http } && !reached.Contains(pool.Name)))
        {
            pools.Child(pool.Name.Value).Warn("no route reaches this pool, which speaks HTTP; name it under gateway.routes");
        }
    }
}
