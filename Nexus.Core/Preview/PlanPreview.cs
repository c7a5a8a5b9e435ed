using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Preview;

/// <summary>What a spec would change if it were applied to a cluster as it is, found by playing the reconciler forward.</summary>
/// <param name="Changes">Whether the spec differs from the one in force in anything that matters.</param>
/// <param name="Pools">Pools that differ, by name.</param>
/// <param name="Routes">Routes that come, go or change, one line each.</param>
/// <param name="Settings">Other settings of the gateways and of the cluster that differ, one line each.</param>
/// <param name="Warnings">What to think of before applying.</param>
public sealed record PlanPreview(
    bool Changes, ImmutableArray<PoolPreview> Pools, ImmutableArray<string> Routes, ImmutableArray<string> Settings,
    ImmutableArray<string> Warnings)
{
    /// <summary>Plays the reconciler forward as if nothing failed and every start succeeded. Pure; changes nothing.</summary>
    /// <param name="snapshot">The cluster as it is.</param>
    /// <param name="proposed">The spec to be applied.</param>
    /// <param name="nextSpecRevision">The revision that it would get.</param>
    /// <param name="now">The time.</param>
    public static PlanPreview Compute(ClusterSnapshot snapshot, ClusterSpec proposed, long nextSpecRevision, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(proposed);
        var current = snapshot.Spec ?? new ClusterSpec();
        var routes = SpecDifferences.OfRoutes(current, proposed);
        var settings = SpecDifferences.OfSettings(current, proposed);
        var differences = PoolDifference.Between(current, proposed);
        var rename = PlanWarnings.OfOtherCluster(snapshot, proposed);
        if (differences.IsEmpty)
        {
            return new PlanPreview(!routes.IsEmpty || !settings.IsEmpty, [], routes, settings, [.. rename, .. PlanWarnings.OfRejected(snapshot, proposed)]);
        }

        var played = PlayedRollout.Play(snapshot, proposed, nextSpecRevision, now);
        ImmutableArray<PoolPreview> pools = [.. differences.Select(difference => PoolOf(difference, played.Of(difference.Name)))];
        return new PlanPreview(true, pools, routes, settings, [.. rename, .. PlanWarnings.For(snapshot, proposed, differences, played), .. PlanWarnings.OfRejected(snapshot, proposed)]);
    }

    private static PoolPreview PoolOf(PoolDifference difference, PlayedPool played) => new(
        difference.Name, difference.What, played.Placed - played.Moved, played.Stopped - played.Moved, played.Moved,
        difference.After?.MinReplicas ?? 0, played.LeastAvailable, difference.Fields);
}

/// <summary>What would change in one pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="What"><c>new</c>, <c>removed</c>, <c>rollout</c>, <c>scale</c> or <c>settings</c>.</param>
/// <param name="Start">Replicas that would be started.</param>
/// <param name="Stop">Replicas that would be stopped.</param>
/// <param name="Move">Replicas that would be moved to another node.</param>
/// <param name="Desired">Replicas wanted afterwards.</param>
/// <param name="LeastAvailable">Least replicas that serve meanwhile, if nothing fails.</param>
/// <param name="Fields">Keys of the pool that differ, one line each: <c>image: a → b</c>.</param>
public sealed record PoolPreview(
    PoolName Pool, string What, int Start, int Stop, int Move, int Desired, int LeastAvailable, ImmutableArray<string> Fields);
