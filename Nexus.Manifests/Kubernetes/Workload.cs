using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.Kubernetes;

/// <summary>A pool as a Deployment.</summary>
internal static class Workload
{
    /// <summary>ReplicaSets kept to go back to; the default, said so that nobody has to know it.</summary>
    private const int RevisionsKept = 10;

    public static V1Deployment Deployment(PoolSpec pool, ObjectNaming naming, ExportWarnings warnings)
    {
        var minReady = Seconds.Up(pool.Rollout.MinHealthyTime);
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = naming.Metadata(pool.Name.Value, pool),
            Spec = new V1DeploymentSpec
            {
                // Where an autoscaler rules, applying the file again must not undo it.
                Replicas = pool.MaxReplicas > pool.MinReplicas ? null : pool.MinReplicas,
                Selector = new V1LabelSelector { MatchLabels = ObjectNaming.Selector(pool) },
                Strategy = StrategyOf(pool),
                MinReadySeconds = minReady,
                ProgressDeadlineSeconds = Math.Max(Seconds.Up(pool.Rollout.ProgressDeadline), minReady + 1),
                RevisionHistoryLimit = RevisionsKept,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = naming.Labels(pool) },
                    Spec = PodOf(pool, warnings),
                },
            },
        };
    }

    // Only Recreate waits until the old pod is gone; with several replicas it would stop them all at once, which nobody asked for.
    private static V1DeploymentStrategy StrategyOf(PoolSpec pool) => pool.Rollout.StopsFirst(pool.Template) && pool.MaxReplicas <= 1
        ? new V1DeploymentStrategy { Type = "Recreate" }
        : new V1DeploymentStrategy
        {
            Type = "RollingUpdate",
            RollingUpdate = new V1RollingUpdateDeployment
            {
                MaxSurge = pool.Rollout.SurgeFor(pool.Template),
                MaxUnavailable = pool.Rollout.UnavailableFor(pool.Template),
            },
        };

    private static V1PodSpec PodOf(PoolSpec pool, ExportWarnings warnings)
    {
        var template = pool.Template;
        var drain = template.Drain;
        return new V1PodSpec
        {
            AutomountServiceAccountToken = false, // the workload never had a word with the cluster's API
            EnableServiceLinks = false,           // nor variables for every service around it
            SecurityContext = PodSecurity.OfPod(template),
            TerminationGracePeriodSeconds = Math.Max(1, Seconds.Up(drain.Timeout) + Seconds.Up(drain.StopTimeout)),
            NodeSelector = PodPlacement.NodeSelector(pool, warnings),
            Affinity = PodPlacement.Affinity(pool),
            TopologySpreadConstraints = PodPlacement.Spread(pool),
            Tolerations = PodPlacement.Tolerations(pool),
            Containers = [ContainerOf(pool, warnings)],
            Volumes = PodVolumes.Of(template) is { Count: > 0 } volumes ? volumes : null,
        };
    }

    private static V1Container ContainerOf(PoolSpec pool, ExportWarnings warnings)
    {
        var template = pool.Template;
        return new V1Container
        {
            Name = pool.Name.Value,
            Image = template.Image,
            ImagePullPolicy = "IfNotPresent",

            // Docker's CMD, not its ENTRYPOINT, which the image keeps.
            Args = template.Command.IsEmpty ? null : [.. template.Command.Select(PodText.Literal)],
            Env = EnvOf(pool, warnings) is { Count: > 0 } env ? env : null,
            Ports = template.Port is { } port
                ? [new V1ContainerPort { Name = PortName, ContainerPort = port, HostPort = template.HostPort }]
                : null,
            Resources = ResourcesOf(template.Resources),
            StartupProbe = PodProbes.Startup(template),
            ReadinessProbe = PodProbes.Readiness(template),
            LivenessProbe = PodProbes.Liveness(template),
            Lifecycle = LifecycleOf(template.Drain),
            SecurityContext = PodSecurity.OfContainer(template),
            VolumeMounts = PodVolumes.Mounts(template) is { Count: > 0 } mounts ? mounts : null,
        };
    }

    /// <summary>How Service and probes name the only port.</summary>
    public const string PortName = "main";

    private static List<V1EnvVar> EnvOf(PoolSpec pool, ExportWarnings warnings)
    {
        foreach (var (name, _) in pool.Template.Env.Where(v => v.Value.Contains(".service.consul", StringComparison.Ordinal)))
        {
            warnings.Add($"worker_pools.{pool.Name}.env.{name}", "names a pool by Consul; there it is found by the Service's name alone");
        }

        var variables = pool.Template.Env.Select(v => new V1EnvVar { Name = v.Key, Value = PodText.Literal(v.Value) });
        return pool.Template.Port is { } port ? [.. variables, new V1EnvVar { Name = "PORT", Value = $"{port}" }] : [.. variables];
    }

    private static V1ResourceRequirements? ResourcesOf(ResourceSpec resources) => resources is { CpuMillicores: 0, MemoryBytes: 0 }
        ? null
        : new V1ResourceRequirements { Requests = Amounts(resources), Limits = Amounts(resources) };

    private static Dictionary<string, ResourceQuantity> Amounts(ResourceSpec resources)
    {
        var amounts = new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal);
        if (resources.CpuMillicores > 0)
        {
            amounts["cpu"] = new ResourceQuantity($"{resources.CpuMillicores}m");
        }

        if (resources.MemoryBytes > 0)
        {
            amounts["memory"] = new ResourceQuantity(resources.MemoryBytes % 1024 == 0 ? $"{resources.MemoryBytes / 1024}Ki" : $"{resources.MemoryBytes}");
        }

        return amounts;
    }

    // While it sleeps, endpoints are withdrawn everywhere and requests under way end; SIGTERM comes after it.
    private static V1Lifecycle? LifecycleOf(DrainSpec drain) => drain.Timeout > TimeSpan.Zero
        ? new V1Lifecycle { PreStop = new V1LifecycleHandler { Sleep = new V1SleepAction { Seconds = Seconds.Up(drain.Timeout) } } }
        : null;
}
