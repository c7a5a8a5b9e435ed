using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.Kubernetes;

/// <summary>What becomes of each key of the spec in Kubernetes.</summary>
internal static class KubernetesKeys
{
    private const string Pool = "worker_pools.NAME";

    public static KeyFates Fates { get; } = Rollout(Health(Template(Cluster(new KeyFates("Kubernetes")))));

    private static KeyFates Cluster(KeyFates fates) => fates
        .Carried("cluster")
        .LostUnless("drills", "forbidden", "drills are Nexus's own: there is nothing to allow them to")
        .Carried("gateway.routes[]", "path", "pool")
        .Lost("gateway.routes[].host", use => use.Place.Text is ['*', ..]
            ? "matches any number of labels under Nexus; an Ingress lets * stand for exactly one" : null)
        .LostUnless("gateway.routes[].strip_prefix", "false",
            "an Ingress cannot take a prefix off; the controllers have annotations for it, each its own")
        .Lost("gateway.routes[].timeout", "an Ingress has no timeout; the controllers have annotations for it, each its own")
        .Lost("gateway.routes[].max_body", "an Ingress has no limit of bodies; the controllers have annotations for it, each its own")
        .Lost("gateway.routes[].body_timeout", "an Ingress has no timeout; the controllers have annotations for it, each its own")
        .Lost("gateway.headers", "security headers are set by the controller's own means; an Ingress has none")
        .Lost("gateway.retry", "retries are set by the controller's own means, where it has them")
        .Lost("gateway.slow_start", "slow start is set by the controller's own means, where it has them");

    private static KeyFates Template(KeyFates fates) => fates
        .Lost($"{Pool}.min_replicas", use => use.Pool is { MinReplicas: 0, MaxReplicas: > 0 }
            ? "an autoscaler keeps at least 1, unless the cluster has its feature HPAScaleToZero" : null)
        .Lost($"{Pool}.max_replicas", use => use.Pool!.MaxReplicas > use.Pool.MinReplicas && use.Template.Resources.CpuMillicores == 0
            ? "the autoscaler measures CPU as a share of resources.cpu, which is not given: it cannot act until it is" : null)
        .Carried(Pool, "image", "command", "port", "host_port", "protocol", "user", "read_only", "capabilities", "replace")
        .Carried($"{Pool}.resources", "cpu", "memory")
        .LostUnless($"{Pool}.resources.pids", "0", "the number of processes is limited by the kubelet (podPidsLimit), not by a pod")
        .Lost($"{Pool}.volumes[]", Volume)
        .Carried($"{Pool}.env")
        .Lost($"{Pool}.process", "is for nodes without a container engine, which Kubernetes does not have")
        .LostUnless($"{Pool}.warm_standby", "0", "there are no paused replicas; raise the replicas instead")
        .Lost($"{Pool}.outlier_detection", "a Service has none; service meshes do (Istio: DestinationRule, outlierDetection)")
        .Carried($"{Pool}.placement", "constraints", "arch", "spread")
        .Lost($"{Pool}.placement.volume_affinity", use => null); // a claim says where its pods may run

    private static KeyFates Health(KeyFates fates) => fates
        .Carried($"{Pool}.health", "type", "command", "unhealthy_threshold", "healthy_threshold", "startup_timeout")
        .Lost($"{Pool}.health.path", "a redirect (3xx) is healthy there, too; under Nexus only 2xx is")
        .Lost($"{Pool}.health.interval", WholeSeconds)
        .Lost($"{Pool}.health.timeout", WholeSeconds)
        .Lost($"{Pool}.restart.initial_delay", use => Kubelet(use.Template.Restart.InitialDelay, TimeSpan.FromSeconds(10)))
        .Lost($"{Pool}.restart.max_delay", use => Kubelet(use.Template.Restart.MaxDelay, TimeSpan.FromMinutes(5)))
        .Lost($"{Pool}.restart.reset_after", use => Kubelet(use.Template.Restart.ResetAfter, TimeSpan.FromMinutes(10)))
        .Lost($"{Pool}.drain.timeout", WholeSeconds)
        .Lost($"{Pool}.drain.stop_timeout", WholeSeconds)
        .Lost($"{Pool}.drain.websocket_window", "WebSockets are not closed one by one: they break when the pod ends");

    private static KeyFates Rollout(KeyFates fates) => fates
        .Lost($"{Pool}.rollout.strategy", use => use.Pool!.Rollout.Strategy == RolloutStrategy.Rolling
            ? null : $"a Deployment has no {use.Place.Text}: replicas are replaced some at a time")
        .Carried($"{Pool}.rollout", "order", "max_surge", "max_unavailable")
        .Lost($"{Pool}.rollout.min_healthy_time", WholeSeconds)
        .Lost($"{Pool}.rollout.progress_deadline", use => use.Pool!.Rollout.ProgressDeadline <= use.Pool.Rollout.MinHealthyTime
            ? "must be longer than min_healthy_time there, and is made 1s longer" : WholeSeconds(use))
        .Lost($"{Pool}.rollout.max_failures", "failures are not counted: a rollout ends at its deadline")
        .LostUnless($"{Pool}.rollout.auto_rollback", "false",
            "a failed rollout stops and stays as it is; kubectl rollout undo goes back")
        .Lost($"{Pool}.rollout.canary", use => use.Pool!.Rollout.Strategy == RolloutStrategy.Canary
            ? "a Deployment has no canary steps" : null)
        .Lost($"{Pool}.rollout.keep_old", use => use.Pool!.Rollout.Strategy == RolloutStrategy.BlueGreen
            ? "a Deployment keeps no old set beside the new" : null);

    private static string? Volume(KeyUse use)
    {
        var digits = use.Place.Key[(use.Place.Key.LastIndexOf('[') + 1)..^1];
        var volume = use.Template.Volumes[int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture)];
        return volume.Source.StartsWith('/') ? null
            : $"volume {volume.Source}: each node has one of its own under Nexus; here all replicas share one claim, "
                + $"{VolumeClaims.AccessMode(volume)} of {VolumeClaims.AssumedSize}, whose size the spec does not say: look it over";
    }

    private static string? Kubelet(TimeSpan given, TimeSpan fixedThere) => given == fixedThere
        ? null : $"the kubelet's delays are fixed: this one is {SpecDuration.Format(fixedThere)} there";

    private static string? WholeSeconds(KeyUse use) =>
        SpecDuration.TryParse(use.Place.Text ?? "", out var span) && span.Ticks % TimeSpan.TicksPerSecond != 0
            ? $"has whole seconds there: {Seconds.Up(span)}s" : null;
}
