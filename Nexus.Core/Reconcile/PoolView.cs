using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>One pool as a pass finds it.</summary>
/// <param name="Pool">What the spec says.</param>
/// <param name="Asked">Revision of the spec's template.</param>
/// <param name="SpecRevision">Revision of the spec.</param>
/// <param name="Members">Its allocations, those that stop among them.</param>
/// <param name="Now">The time.</param>
internal sealed record PoolView(PoolSpec Pool, PoolRevision Asked, long SpecRevision, IReadOnlyList<Member> Members, DateTimeOffset Now)
{
    /// <summary>Who applied the spec; null when that is not known.</summary>
    public string? AppliedBy { get; init; }

    public PoolName Name => Pool.Name;

    public int Desired => Reconciler.DesiredCount(Pool);

    /// <summary>The nodes that replicas may be placed on, for the volumes that they have; null where volumes keep nothing.</summary>
    public ImmutableArray<VolumeHome>? Homes { get; init; }

    /// <summary>Replicas on lost nodes that are waited for instead of replaced.</summary>
    public int Waiting
    {
        get
        {
            var lost = Members.Where(m => m is { IsLost: true, Assignment.Desired: DesiredStatus.Run }
                && (m.IsHeldByVolume || !Pool.Replace)).ToList();
            if (lost.Count == 0 || Homes is not { } homes)
            {
                return lost.Count;
            }

            // Where fewer are wanted than have volumes, those that can serve do, and nobody waits for the rest.
            var away = lost.Select(m => m.Node).ToHashSet();
            return Math.Min(lost.Count, Math.Max(0, Desired - homes.Where(home => !away.Contains(home.Node)).Sum(home => home.Replicas)));
        }
    }

    public bool IsAvailable(Member member) => member.IsAvailable(Pool.Rollout.MinHealthyTime, Now);

    public int Running(PoolRevision revision) => Members.Count(m => m.Runs && m.Revision == revision);

    public int Available(PoolRevision revision) => Members.Count(m => m.Runs && m.Revision == revision && IsAvailable(m));

    /// <summary>Whether all that can be had of the revision is available, and nothing else is wanted to run.</summary>
    public bool IsAllOf(PoolRevision revision)
    {
        var needed = Desired - Waiting;
        return (needed > 0 || Desired == 0) && Available(revision) >= needed && Members.All(m => !m.Runs || m.Revision == revision);
    }
}
