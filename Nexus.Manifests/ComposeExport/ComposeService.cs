using System.Globalization;
using Nexus.Core.Spec;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeExport;

/// <summary>A pool as a service: the same container that the worker agent would make.</summary>
internal static class ComposeService
{
    private const string DefaultUser = "65532:65532";

    public static YamlMap Compute(PoolSpec pool)
    {
        var template = pool.Template;
        return new YamlMap()
            .With("image", template.Image)
            .With("command", template.Command.IsEmpty ? null : YamlTree.Words(template.Command.Select(Literal)))
            .With("platform", pool.Placement.Arch is { } arch ? $"linux/{arch}" : null)
            .WithAny("environment", EnvironmentOf(template))
            .WithAny("expose", template is { Port: { } port, HostPort: null } ? [$"{port}"] : [])
            .WithAny("ports", template is { Port: { } target, HostPort: { } published } ? [$"{published}:{target}"] : [])
            .With("user", template.User ?? DefaultUser)
            .With("read_only", template.ReadOnly ? true : null)
            .WithAny("tmpfs", template.NeedsScratch ? ["/tmp:rw,nosuid,nodev,mode=1777,size=64m"] : [])
            .With("init", true)
            .With("cap_drop", new YamlList(["ALL"]))
            .WithAny("cap_add", template.Capabilities.Select(capability => (YamlTree)capability))
            .With("security_opt", new YamlList(["no-new-privileges:true"]))
            .WithAny("volumes", template.Volumes.Select(VolumeOf))
            .With("healthcheck", HealthcheckOf(template))
            .With("stop_grace_period", YamlTree.Literal(GoDuration.Format(template.Drain.StopTimeout)))
            .With("restart", "always")
            .With("pids_limit", HasLimits(template.Resources) ? null : PidsOf(template.Resources))
            .With("logging", new YamlMap().With("driver", "json-file")
                .With("options", new YamlMap().With("max-size", "10m").With("max-file", "3")))
            .With("deploy", DeployOf(pool));
    }

    /// <summary>Compose puts a variable in place of <c>$NAME</c>; a doubled dollar is one.</summary>
    private static string Literal(string text) => text.Replace("$", "$$", StringComparison.Ordinal);

    private static YamlMap EnvironmentOf(PoolTemplate template)
    {
        var environment = new YamlMap();
        foreach (var (name, value) in template.Env)
        {
            environment.With(name, Literal(value));
        }

        return environment.With("PORT", template.Port is { } port ? $"{port}" : null);
    }

    private static YamlMap VolumeOf(VolumeSpec volume) => new YamlMap()
        .With("type", volume.Source.StartsWith('/') ? "bind" : "volume")
        .With("source", Literal(volume.Source))
        .With("target", Literal(volume.Target))
        .With("read_only", volume.ReadOnly ? true : null);

    private static YamlMap HealthcheckOf(PoolTemplate template)
    {
        var health = template.Health;
        if (health.Type == HealthCheckType.None)
        {
            return new YamlMap().With("disable", true); // the image's own is not asked under Nexus either
        }

        string[] test = health.Type switch
        {
            HealthCheckType.Http => ["CMD", "wget", "-q", "-O", "/dev/null", $"http://127.0.0.1:{template.Port}{health.Path}"],
            HealthCheckType.Tcp => ["CMD", "nc", "-z", "127.0.0.1", $"{template.Port}"],
            _ => ["CMD", .. health.Command],
        };
        return new YamlMap()
            .With("test", YamlTree.Words(test.Select(Literal)))
            .With("interval", YamlTree.Literal(GoDuration.Format(health.Interval)))
            .With("timeout", YamlTree.Literal(GoDuration.Format(health.Timeout)))
            .With("retries", health.UnhealthyThreshold)
            .With("start_period", YamlTree.Literal(GoDuration.Format(StartPeriodOf(health))));
    }

    // Failures begin to count after it; so many later, the container is unhealthy.
    private static TimeSpan StartPeriodOf(HealthSpec health)
    {
        var counted = health.Interval * health.UnhealthyThreshold;
        return health.StartupTimeout > counted ? health.StartupTimeout - counted : TimeSpan.Zero;
    }

    private static YamlMap DeployOf(PoolSpec pool)
    {
        var resources = pool.Template.Resources;
        var placement = new YamlMap()
            .WithAny("constraints", pool.Placement.Constraints.Select(c => (YamlTree)Literal($"node.labels.{c.Key}=={c.Value}")))
            .With("max_replicas_per_node", pool.Placement.Spread == SpreadRule.Required ? 1 : null);
        return new YamlMap()
            .With("replicas", pool.MinReplicas)
            .With("update_config", UpdateOf(pool))
            .WithAny("placement", placement)
            .WithAny("resources", new YamlMap().WithAny("limits", LimitsOf(resources)).WithAny("reservations", AmountsOf(resources)));
    }

    // Compose wants one place for all limits, and refuses pids_limit beside these.
    private static YamlMap LimitsOf(ResourceSpec resources) => AmountsOf(resources).With("pids", HasLimits(resources) ? PidsOf(resources) : null);

    private static bool HasLimits(ResourceSpec resources) => resources.CpuMillicores > 0 || resources.MemoryBytes > 0;

    private static int PidsOf(ResourceSpec resources) => resources.Pids > 0 ? resources.Pids : -1;

    // What is a limit is reserved, too.
    private static YamlMap AmountsOf(ResourceSpec resources) => new YamlMap()
        .With("cpus", resources.CpuMillicores > 0 ? (resources.CpuMillicores / 1000m).ToString("0.###", CultureInfo.InvariantCulture) : null)
        .With("memory", resources.MemoryBytes > 0 ? $"{resources.MemoryBytes}b" : null);

    // Compose itself ignores it; docker stack deploy obeys.
    private static YamlMap UpdateOf(PoolSpec pool)
    {
        var rollout = pool.Rollout;
        var stopsFirst = rollout.StopsFirst(pool.Template);
        return new YamlMap()
            .With("parallelism", stopsFirst ? rollout.UnavailableFor(pool.Template) : rollout.MaxSurge)
            .With("order", stopsFirst ? "stop-first" : "start-first")
            .With("failure_action", rollout.AutoRollback ? "rollback" : "pause")
            .With("monitor", YamlTree.Literal(GoDuration.Format(rollout.MinHealthyTime)));
    }
}
