using System.Collections.Immutable;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Preview;

/// <summary>What to think of before a spec is applied.</summary>
internal static class PlanWarnings
{
    public static ImmutableArray<string> For(
        ClusterSnapshot snapshot, ClusterSpec proposed, ImmutableArray<PoolDifference> differences, PlayedRollout played)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        foreach (var blocked in played.Blocked)
        {
            warnings.Add($"{blocked.Pool}: {blocked.Missing} of its replicas cannot be placed: {blocked.Reason}");
        }

        if (!played.HasSettled)
        {
            warnings.Add("the rollout does not come to an end within the steps that were looked at");
        }

        foreach (var difference in differences)
        {
            warnings.AddRange(Of(difference, snapshot, proposed, played));
        }

        return warnings.ToImmutable();
    }

    /// <summary>A spec of another cluster, which an apply refuses.</summary>
    public static ImmutableArray<string> OfOtherCluster(ClusterSnapshot snapshot, ClusterSpec proposed) =>
        snapshot.Spec is { } current && current.Cluster != proposed.Cluster
            ? [$"the spec is for cluster '{proposed.Cluster}', but this cluster is '{current.Cluster}': apply refuses it without --rename-cluster"]
            : [];

    /// <summary>Revisions that were tried and given up: to ask for them again changes nothing.</summary>
    public static ImmutableArray<string> OfRejected(ClusterSnapshot snapshot, ClusterSpec proposed) =>
    [
        .. from pool in proposed.Pools
           let record = snapshot.Rollouts.GetValueOrDefault(pool.Name.Value)
           where record?.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack or RolloutPhase.Failed
               && record.Requested == PoolRevisions.Compute(pool.Template)
           select $"{pool.Name}: revision {record.Requested} was given up ({record.Reason}) and is not tried again until the pool changes",
    ];

    private static IEnumerable<string> Of(
        PoolDifference difference, ClusterSnapshot snapshot, ClusterSpec proposed, PlayedRollout played)
    {
        if (difference.After is not { } pool)
        {
            yield return $"{difference.Name}: is removed, all its replicas stop";
            yield break;
        }

        var least = played.Of(pool.Name).LeastAvailable;
        if (difference.IsRollout && pool.Rollout.StopsFirst(pool.Template))
        {
            yield return $"{pool.Name}: stops before it starts, so at times {least} of {pool.MinReplicas} replicas serve"
                + (least == 0 ? ": an outage" : "");
        }
        else if (difference.IsRollout && least < pool.MinReplicas)
        {
            yield return $"{pool.Name}: at times {least} of {pool.MinReplicas} replicas serve";
        }

        if (pool is { MinReplicas: 1, Template.Port: not null, WarmStandby: 0 })
        {
            yield return $"{pool.Name}: has a single replica, so its crash is felt until it is restarted";
        }

        if (pool.Template.Port is not null && difference.Before is not null
            && snapshot.Spec!.Gateway.Routes.Any(r => r.Pool == pool.Name) && proposed.Gateway.Routes.All(r => r.Pool != pool.Name))
        {
            yield return $"{pool.Name}: no route leads to it any more";
        }

        if (difference.IsRollout && snapshot.Rollouts.GetValueOrDefault(pool.Name.Value) is { ManualRollbackBy: { } by } manual)
        {
            yield return $"{pool.Name}: undoes the manual rollback to revision {manual.Target.Revision} by {by}";
        }

        if (snapshot.Rollouts.GetValueOrDefault(pool.Name.Value) is { Phase: RolloutPhase.RolledBack or RolloutPhase.RollingBack } record
            && record.Target.Revision == PoolRevisions.Compute(pool.Template))
        {
            yield return record.Requested == record.Target.Revision
                ? $"{pool.Name}: this revision was rolled back and is not tried again unless someone resumes it: {record.Reason}"
                : $"{pool.Name}: this revision was rolled back before: {record.Reason}";
        }
    }
}
