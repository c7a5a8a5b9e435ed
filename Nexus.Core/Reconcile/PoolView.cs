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
    public PoolName Name => Pool.Name;

    public int Desired => Reconciler.DesiredCount(Pool);

    /// <summary>Replicas on lost nodes that are waited for instead of replaced.</summary>
    public int Waiting => Pool.Replace ? 0 : Members.Count(m => m is { IsLost: true, Assignment.Desired: DesiredStatus.Run });

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
