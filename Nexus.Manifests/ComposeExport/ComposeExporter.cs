using Nexus.Core.Spec;
using Nexus.Manifests.Exports;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeExport;

/// <summary>Says a spec as a compose file for plain Docker Compose. Pure: the same spec, the same bytes.</summary>
public static class ComposeExporter
{
    /// <summary>Where a compose file says which cluster it is of; Compose passes over keys that start so.</summary>
    internal const string ClusterKey = "x-nexus-cluster";

    /// <summary>The compose file of <paramref name="spec"/>.</summary>
    /// <param name="spec">What to say.</param>
    /// <param name="places">Where it was written, so that a warning can point there.</param>
    public static ManifestExport Compute(ClusterSpec spec, SpecPlaces places)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(places);
        var warnings = new ExportWarnings(places);
        var pools = spec.Pools.Where(pool => pool.Template.Image.Length > 0).ToList();
        foreach (var pool in spec.Pools.Except(pools))
        {
            warnings.Add($"worker_pools.{pool.Name}", "runs as a process only: without an image there is nothing to say in a compose file");
        }

        ComposeKeys.Fates.Judge(spec, places, pools, warnings);
        var services = new YamlMap();
        foreach (var pool in pools)
        {
            services.With(pool.Name.Value, ComposeService.Compute(pool));
            Ask(pool, spec, warnings);
        }

        var volumes = new YamlMap();
        foreach (var name in pools.SelectMany(pool => pool.Template.Volumes).Select(volume => volume.Source)
            .Where(source => !source.StartsWith('/')).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            // With its name, or Compose would put the project's in front and begin with an empty one.
            volumes.With(name, new YamlMap().With("name", name));
        }

        // Not as the project's name, which Compose of before 2022 refuses.
        var file = new YamlMap().With(ClusterKey, spec.Cluster).With("services", services).WithAny("volumes", volumes);
        file.Comments.Add($"Start it with: docker compose -p {spec.Cluster} up -d");
        return new ManifestExport([new ManifestFile("compose.yaml", YamlWriter.Write(file))], warnings.ToImmutable());
    }

    private static void Ask(PoolSpec pool, ClusterSpec spec, ExportWarnings warnings)
    {
        var template = pool.Template;
        var key = $"worker_pools.{pool.Name}";
        const string onlyMarked = "a container that fails it is marked unhealthy, and not replaced";
        if (template.Health.Type is HealthCheckType.Http or HealthCheckType.Tcp)
        {
            warnings.Add($"{key}.health", "the check runs inside the container there, with "
                + $"{(template.Health.Type == HealthCheckType.Http ? "wget" : "nc")}, which the image must have; {onlyMarked}");
        }
        else if (template.Health.Type == HealthCheckType.Script)
        {
            warnings.Add($"{key}.health", onlyMarked);
        }

        if (template.HostPort is null && spec.Gateway.Routes.Any(route => route.Pool == pool.Name))
        {
            warnings.Add($"{key}.port", "is not published on the machine: Compose has no gateway; put a reverse proxy in front, or give the pool a host_port");
        }

        foreach (var (name, _) in template.Env.Where(v => v.Value.Contains(".service.consul", StringComparison.Ordinal)))
        {
            warnings.Add($"{key}.env.{name}", "names a pool by Consul; there it is found by the service's name alone");
        }
    }
}
