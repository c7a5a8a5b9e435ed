using k8s.Models;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Kubernetes;

/// <summary>How many pods there are, and how many may be missing.</summary>
internal static class Availability
{
    /// <summary>The share of the requested CPU that is aimed at; Kubernetes' own default, said so that nobody has to know it.</summary>
    private const int TargetPercent = 80;

    /// <summary>An autoscaler where the pool may grow.</summary>
    public static V2HorizontalPodAutoscaler? Autoscaler(PoolSpec pool, ObjectNaming naming) => pool.MaxReplicas > pool.MinReplicas
        ? new V2HorizontalPodAutoscaler
        {
            ApiVersion = "autoscaling/v2",
            Kind = "HorizontalPodAutoscaler",
            Metadata = naming.Metadata(pool.Name.Value, pool),
            Spec = new V2HorizontalPodAutoscalerSpec
            {
                ScaleTargetRef = new V2CrossVersionObjectReference
                {
                    ApiVersion = "apps/v1",
                    Kind = "Deployment",
                    Name = pool.Name.Value,
                },
                MinReplicas = Math.Max(1, pool.MinReplicas),
                MaxReplicas = pool.MaxReplicas,
                Metrics =
                [
                    new V2MetricSpec
                    {
                        Type = "Resource",
                        Resource = new V2ResourceMetricSource
                        {
                            Name = "cpu",
                            Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = TargetPercent },
                        },
                    },
                ],
            },
        }
        : null;

    /// <summary>
    /// A budget where there is more than one replica: with one, it would only keep nodes from being emptied. One at a time, as under
    /// Nexus, which starts a replacement first; Kubernetes' evictions do not.
    /// </summary>
    public static V1PodDisruptionBudget? DisruptionBudget(PoolSpec pool, ObjectNaming naming) => pool.MinReplicas > 1
        ? new V1PodDisruptionBudget
        {
            ApiVersion = "policy/v1",
            Kind = "PodDisruptionBudget",
            Metadata = naming.Metadata(pool.Name.Value, pool),
            Spec = new V1PodDisruptionBudgetSpec
            {
                MaxUnavailable = Math.Max(1, pool.Rollout.UnavailableFor(pool.Template)),
                Selector = new V1LabelSelector { MatchLabels = ObjectNaming.Selector(pool) },
                UnhealthyPodEvictionPolicy = "AlwaysAllow",
            },
        }
        : null;
}
