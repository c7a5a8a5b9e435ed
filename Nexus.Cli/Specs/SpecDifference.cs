using System.Collections.Immutable;
using Nexus.Cli.Views;
using Nexus.Core.Preview;
using Nexus.Core.Spec;

namespace Nexus.Cli.Specs;

/// <summary>Says in a line per pool how one spec differs from the one before it. Values of variables are never shown: they may be secrets.</summary>
internal static class SpecDifference
{
    public static ImmutableArray<string> Compute(ClusterSpec? before, ClusterSpec after)
    {
        var old = (before?.Pools ?? []).ToDictionary(p => p.Name);
        var kept = after.Pools.Select(p => p.Name).ToHashSet();
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var pool in after.Pools)
        {
            if (!old.TryGetValue(pool.Name, out var was))
            {
                lines.Add($"+ {pool.Name}: {Replicas(pool)} {(pool is { MinReplicas: 1, MaxReplicas: 1 } ? "replica" : "replicas")} of {Workload(pool.Template)}");
            }
            else if (Changes(was, pool).ToArray() is { Length: > 0 } changes)
            {
                lines.Add($"~ {pool.Name}: {string.Join("; ", changes)}");
            }
        }

        lines.AddRange(old.Values.Where(p => !kept.Contains(p.Name)).Select(p => $"- {p.Name}: removed"));
        if (before is not null)
        {
            lines.AddRange(SpecDifferences.OfRoutes(before, after).Select(route => $"{route[0]} route{route[1..]}"));
            lines.AddRange(SpecDifferences.OfSettings(before, after).Select(setting => $"~ {setting}"));
        }

        return lines.ToImmutable();
    }

    private static IEnumerable<string> Changes(PoolSpec was, PoolSpec now)
    {
        if ((was.MinReplicas, was.MaxReplicas) != (now.MinReplicas, now.MaxReplicas))
        {
            yield return $"replicas {Replicas(was)} → {Replicas(now)}";
        }

        var template = TemplateChanges(was.Template, now.Template).ToArray();
        var revised = PoolRevisions.Compute(was.Template) != PoolRevisions.Compute(now.Template);
        foreach (var change in template)
        {
            yield return change;
        }

        if (revised)
        {
            yield return template.Length > 0 ? "all replicas are replaced" : "settings of its replicas; all are replaced";
        }

        if (!SameRollout(was.Rollout, now.Rollout))
        {
            yield return "rollout";
        }

        if (was.WarmStandby != now.WarmStandby)
        {
            yield return $"warm standby {was.WarmStandby} → {now.WarmStandby}";
        }

        if (was.Replace != now.Replace)
        {
            yield return now.Replace ? "is replaced when its node is lost" : "waits for its node when that is lost";
        }

        if (was.Placement.Arch != now.Placement.Arch || was.Placement.Spread != now.Placement.Spread
            || !was.Placement.Constraints.SequenceEqual(now.Placement.Constraints))
        {
            yield return "placement";
        }
    }

    private static IEnumerable<string> TemplateChanges(PoolTemplate was, PoolTemplate now)
    {
        if (was.Image != now.Image)
        {
            yield return $"image {was.Image} → {now.Image}";
        }

        if (was.Port != now.Port)
        {
            yield return $"port {was.Port?.ToString() ?? "none"} → {now.Port?.ToString() ?? "none"}";
        }

        if (was.Resources.CpuMillicores != now.Resources.CpuMillicores)
        {
            yield return $"cpu {HumanUnits.Cpu(was.Resources.CpuMillicores)} → {HumanUnits.Cpu(now.Resources.CpuMillicores)}";
        }

        if (was.Resources.MemoryBytes != now.Resources.MemoryBytes)
        {
            yield return $"memory {HumanUnits.Bytes(was.Resources.MemoryBytes)} → {HumanUnits.Bytes(now.Resources.MemoryBytes)}";
        }

        if (!was.Env.SequenceEqual(now.Env))
        {
            yield return $"env {string.Join(", ", was.Env.Except(now.Env).Concat(now.Env.Except(was.Env)).Select(e => e.Key).Distinct())}";
        }
    }

    private static bool SameRollout(RolloutSpec was, RolloutSpec now) =>
        was with { Canary = now.Canary } == now
        && was.Canary with { Steps = now.Canary.Steps } == now.Canary && was.Canary.Steps.SequenceEqual(now.Canary.Steps);

    private static string Replicas(PoolSpec pool) =>
        pool.MinReplicas == pool.MaxReplicas ? $"{pool.MinReplicas}" : $"{pool.MinReplicas}..{pool.MaxReplicas}";

    private static string Workload(PoolTemplate template) =>
        template.Image.Length > 0 ? template.Image : string.Join(' ', template.Process?.Command ?? []);
}
