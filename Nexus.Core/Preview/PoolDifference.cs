using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Preview;

/// <summary>One pool that differs between two specs.</summary>
/// <param name="Name">The pool.</param>
/// <param name="Before">As it is; null when it is new.</param>
/// <param name="After">As it would be; null when it goes.</param>
/// <param name="Fields">Keys that differ, one line each.</param>
internal sealed record PoolDifference(PoolName Name, PoolSpec? Before, PoolSpec? After, ImmutableArray<string> Fields)
{
    public string What => (Before, After) switch
    {
        (null, _) => "new",
        (_, null) => "removed",
        _ when IsRollout => "rollout",
        _ when Before.MinReplicas != After.MinReplicas || Before.MaxReplicas != After.MaxReplicas
            || Before.WarmStandby != After.WarmStandby => "scale",
        _ => "settings",
    };

    /// <summary>Whether what a replica is differs, so that all are replaced.</summary>
    public bool IsRollout => Before is not null && After is not null
        && PoolRevisions.Compute(Before.Template) != PoolRevisions.Compute(After.Template);

    public static ImmutableArray<PoolDifference> Between(ClusterSpec before, ClusterSpec after)
    {
        var old = before.Pools.ToDictionary(p => p.Name);
        var next = after.Pools.ToDictionary(p => p.Name);
        return
        [
            .. old.Keys.Union(next.Keys).OrderBy(name => name.Value, StringComparer.Ordinal)
                .Select(name => Of(name, old.GetValueOrDefault(name), next.GetValueOrDefault(name)))
                .Where(d => d.Before is null || d.After is null || !d.Fields.IsEmpty),
        ];
    }

    private static PoolDifference Of(PoolName name, PoolSpec? before, PoolSpec? after) =>
        new(name, before, after, before is null || after is null ? [] : SpecDifferences.Of(before, after));
}
