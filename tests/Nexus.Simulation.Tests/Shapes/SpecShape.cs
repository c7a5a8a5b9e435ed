using System.Text;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>A route as the simulation asks for it.</summary>
internal sealed record RouteShape(string Host, string Path, string Pool);

/// <summary>A spec as the simulation asks for it: pools, and routes that lead to them.</summary>
internal sealed record SpecShape(IReadOnlyList<PoolShape> Pools, IReadOnlyList<RouteShape> Routes)
{
    /// <summary>Each pool with a host of its own.</summary>
    public static SpecShape Of(IReadOnlyList<PoolShape> pools) =>
        new(pools, [.. pools.Select(pool => new RouteShape(HostOf(pool), "/", pool.Name))]);

    public static string HostOf(PoolShape pool) => pool.Name + ".example";

    /// <summary>The pool that the spec asks for; the longest path that fits decides.</summary>
    public string? PoolOf(string host, string path) => Routes
        .Where(r => r.Host == host && (r.Path == "/" || path == r.Path || path.StartsWith(r.Path + "/", StringComparison.Ordinal)))
        .MaxBy(r => r.Path.Length)?.Pool;

    public string Yaml()
    {
        var yaml = new StringBuilder("cluster: sim\nworker_pools:\n");
        foreach (var pool in Pools)
        {
            pool.Write(yaml);
        }

        yaml.AppendLine("gateway:");
        yaml.AppendLine("  routes:");
        foreach (var route in Routes)
        {
            yaml.AppendLine($"    - {{host: {route.Host}, path: {route.Path}, pool: {route.Pool}}}");
        }

        return yaml.ToString();
    }

    public override string ToString() =>
        string.Join(", ", Pools.Select(p => $"{p.Name}={p.Replicas}x{p.Image}"))
        + string.Concat(Routes.Where(r => r.Path != "/" || r.Host != r.Pool + ".example").Select(r => $", {r.Host}{r.Path} -> {r.Pool}"));
}
