using Nexus.Core.Spec;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.ComposeExport;

/// <summary>What becomes of each key of the spec in a compose file.</summary>
internal static class ComposeKeys
{
    private const string Pool = "worker_pools.NAME";
    private const string NoGateway = "Compose has no gateway: put a reverse proxy in front, or give the pool a host_port";

    public static KeyFates Fates { get; } = Rollout(Health(Template(Cluster(new KeyFates("a compose file")))));

    private static KeyFates Cluster(KeyFates fates) => fates
        .Carried("cluster")
        .LostUnless("drills", "forbidden", "drills are Nexus's own: there is nothing to allow them to")
        .Lost("gateway.routes[]", NoGateway)
        .Lost("gateway.headers", NoGateway)
        .Lost("gateway.retry", NoGateway)
        .Lost("gateway.slow_start", NoGateway);

    private static KeyFates Template(KeyFates fates) => fates
        .Carried(Pool, "min_replicas", "image", "command", "env", "port", "user", "read_only", "capabilities")
        .LostUnless($"{Pool}.protocol", "http1", NoGateway)
        .Lost($"{Pool}.outlier_detection", NoGateway)
        .Lost($"{Pool}.max_replicas", use => use.Pool!.MaxReplicas > use.Pool.MinReplicas
            ? $"Compose does not scale by itself: there are {use.Pool.MinReplicas} replicas" : null)
        .Lost($"{Pool}.host_port", use => use.Pool!.MinReplicas > 1
            ? $"{use.Pool.MinReplicas} replicas cannot have one port of one machine: all but one will fail to start" : null)
        .Carried($"{Pool}.resources", "cpu", "memory", "pids")
        .Lost($"{Pool}.volumes[]", use => VolumeOf(use).Exclusive && use.Pool!.MinReplicas > 1
            ? "nothing there keeps replicas from holding it at once" : null)
        .Lost($"{Pool}.process", "is for nodes without a container engine, which Compose needs")
        .LostUnless($"{Pool}.warm_standby", "0", "there are no paused replicas")
        .Lost($"{Pool}.replace", use => use.Pool!.Replace ? null : "Compose knows one machine; Swarm replaces what is lost, always")
        .Carried($"{Pool}.placement", "constraints", "arch", "spread")
        .Lost($"{Pool}.placement.volume_affinity", use => use.Pool!.StaysWithVolumes
            ? "Compose knows one machine; Swarm starts a task on any node, with an empty volume there" : null);

    private static KeyFates Health(KeyFates fates) => fates
        .Lost($"{Pool}.health.type", use => null) // said once for the pool, by the export itself
        .Carried($"{Pool}.health", "path", "command", "interval", "timeout", "unhealthy_threshold")
        .Lost($"{Pool}.health.startup_timeout", use => use.Template.Health.Type == HealthCheckType.None
            ? null : "is no deadline there: a container that is not healthy in time is marked unhealthy, and runs on")
        .LostUnless($"{Pool}.health.healthy_threshold", "1", "one good check makes a container healthy again there")
        .Lost($"{Pool}.restart", "the Docker Engine's delays between restarts are fixed: 100 ms, doubled up to a minute")
        .Lost($"{Pool}.drain.timeout", "requests are not waited for: SIGTERM comes at once")
        .Carried($"{Pool}.drain.stop_timeout")
        .Lost($"{Pool}.drain.websocket_window", "WebSockets are not closed one by one: they break when the container ends");

    private static KeyFates Rollout(KeyFates fates) => fates
        .Lost($"{Pool}.rollout.strategy", use => use.Pool!.Rollout.Strategy == RolloutStrategy.Rolling
            ? null : $"there is no {use.Place.Text}: Swarm replaces some at a time, Compose all at once")
        .Carried($"{Pool}.rollout", "order", "max_surge", "min_healthy_time", "auto_rollback")
        .Lost($"{Pool}.rollout.max_unavailable", use =>
            use.Pool!.Rollout.StopsFirst(use.Template) || use.Pool.Rollout.MaxUnavailable == 0
                ? null : "update_config has one number: that of the replicas started first")
        .Lost($"{Pool}.rollout.max_failures", "failures are not counted there, only their share (max_failure_ratio)")
        .Lost($"{Pool}.rollout.progress_deadline", "an update has no deadline there")
        .Lost($"{Pool}.rollout.canary", use => use.Pool!.Rollout.Strategy == RolloutStrategy.Canary ? "there are no canary steps" : null)
        .Lost($"{Pool}.rollout.keep_old", use => use.Pool!.Rollout.Strategy == RolloutStrategy.BlueGreen
            ? "no old set is kept beside the new" : null);

    private static VolumeSpec VolumeOf(KeyUse use) => use.Template.Volumes[int.Parse(
        use.Place.Key[(use.Place.Key.LastIndexOf('[') + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)];
}
