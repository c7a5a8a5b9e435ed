using System.Collections.Immutable;

namespace Nexus.Core.Spec;

/// <summary>What holds where the document says nothing. <see cref="SpecReader"/> has applied it to what it returns.</summary>
public static class SpecDefaults
{
    /// <summary>
    /// The routes where <c>gateway.routes</c> is absent: everything goes to the only pool with a port, else to the pool
    /// <c>web</c> if that has one, else nowhere.
    /// </summary>
    public static ImmutableArray<RouteSpec> ImplicitRoutes(ImmutableArray<PoolSpec> pools)
    {
        var serving = pools.Where(pool => pool.Template.Port is not null).ToList();
        var target = serving.Count == 1 ? serving[0] : serving.Find(pool => pool.Name.Value == "web");
        return target is null ? [] : [new RouteSpec { Pool = target.Name }];
    }

    /// <summary>Routes in the order they are tried: exact host, wildcard host, any host; then the longer path.</summary>
    public static ImmutableArray<RouteSpec> MostSpecificFirst(ImmutableArray<RouteSpec> routes) =>
    [
        .. routes
            .OrderBy(route => route.Host switch { null => 2, ['*', ..] => 1, _ => 0 })
            .ThenByDescending(route => route.Host?.Length ?? 0)
            .ThenByDescending(route => route.Path.Length)
            .ThenBy(route => route.Host, StringComparer.Ordinal)
            .ThenBy(route => route.Path, StringComparer.Ordinal),
    ];
}
