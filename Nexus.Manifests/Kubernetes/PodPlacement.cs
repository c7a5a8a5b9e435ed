using System.Text.RegularExpressions;
using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.Exports;

namespace Nexus.Manifests.Kubernetes;

/// <summary>Where pods may run.</summary>
internal static partial class PodPlacement
{
    private const string HostnameLabel = "kubernetes.io/hostname";
    private const int MaxLabelLength = 63;
    private static readonly string[] NodeLossTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    public static Dictionary<string, string>? NodeSelector(PoolSpec pool, ExportWarnings warnings)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (pool.Placement.Arch is { } arch)
        {
            labels["kubernetes.io/arch"] = arch;
        }

        foreach (var (label, value) in pool.Placement.Constraints)
        {
            if (IsLabel(label, value))
            {
                labels[label] = value;
            }
            else
            {
                warnings.Add($"worker_pools.{pool.Name}.placement.constraints.{label}",
                    "is no label there (at most 63 letters, digits, - _ . each, starting and ending with a letter or digit): pods are not held to it");
            }
        }

        return labels.Count > 0 ? labels : null;
    }

    // Two replicas that exclude each other do so across revisions, as under Nexus.
    public static V1Affinity? Affinity(PoolSpec pool) => IsAlone(pool)
        ? new V1Affinity
        {
            PodAntiAffinity = new V1PodAntiAffinity
            {
                RequiredDuringSchedulingIgnoredDuringExecution =
                [
                    new V1PodAffinityTerm
                    {
                        TopologyKey = HostnameLabel,
                        LabelSelector = new V1LabelSelector { MatchLabels = ObjectNaming.Selector(pool) },
                    },
                ],
            },
        }
        : null;

    public static List<V1TopologySpreadConstraint>? Spread(PoolSpec pool) => IsAlone(pool)
        ? null
        :
        [
            new V1TopologySpreadConstraint
            {
                MaxSkew = 1,
                TopologyKey = HostnameLabel,
                WhenUnsatisfiable = "ScheduleAnyway",
                LabelSelector = new V1LabelSelector { MatchLabels = ObjectNaming.Selector(pool) },
            },
        ];

    /// <summary>A pool that waits for its node stays bound to it, however long that is away.</summary>
    public static List<V1Toleration>? Tolerations(PoolSpec pool) => pool.Replace
        ? null
        : [.. NodeLossTaints.Select(taint => new V1Toleration { Key = taint, OperatorProperty = "Exists", Effect = "NoExecute" })];

    private static bool IsAlone(PoolSpec pool) => pool.Placement.Spread == SpreadRule.Required || pool.Template.HoldsExclusively;

    private static bool IsLabel(string label, string value)
    {
        var parts = label.Split('/');
        return parts.Length <= 2 && Word().IsMatch(parts[^1]) && parts[^1].Length <= MaxLabelLength
            && (parts.Length == 1 || Prefix().IsMatch(parts[0])) && value.Length <= MaxLabelLength && Word().IsMatch(value);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9_.\-]*[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9\-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9\-]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Prefix();
}
