using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>Gathers the steps of one pass. Lives for one call.</summary>
internal sealed class PlanBuilder(ClusterSnapshot snapshot)
{
    private readonly ImmutableArray<ReconcileStep>.Builder _steps = ImmutableArray.CreateBuilder<ReconcileStep>();
    private readonly ImmutableArray<BlockedPool>.Builder _blocked = ImmutableArray.CreateBuilder<BlockedPool>();
    private readonly ImmutableArray<RolloutRecord>.Builder _rollouts = ImmutableArray.CreateBuilder<RolloutRecord>();
    private readonly ImmutableArray<PlanNotice>.Builder _notices = ImmutableArray.CreateBuilder<PlanNotice>();
    private readonly Dictionary<PoolName, string> _stuck = [];
    private DateTimeOffset? _lookAgainAt;
    private HashSet<AllocationId>? _taken;
    private int _placed;

    public ImmutableArray<NodeDrain> Drains { get; set; } = [];

    public RoutesRecord? Routes { get; set; }

    public ImmutableArray<RouteWait> Waits { get; set; } = [];

    public ImmutableArray<NodeName> Refreshed { get; set; } = [];

    /// <summary>Why replicas of a pool cannot be moved off a node that is emptied; by pool.</summary>
    public IReadOnlyDictionary<PoolName, string> Stuck => _stuck;

    public int StepCount => _steps.Count;

    public void Add(ReconcileStep step) => _steps.Add(step);

    public void Add(RolloutRecord record) => _rollouts.Add(record);

    public void Add(PlanNotice notice) => _notices.Add(notice);

    public void Place(PoolName pool, NodeName node, PoolRevision revision, string reason, DesiredStatus desired = DesiredStatus.Run) =>
        _steps.Add(new PlaceStep(pool, NextId(pool), node, revision, reason, desired));

    public void Stop(Member member, string reason) =>
        _steps.Add(new StopStep(member.Assignment.Pool, member.Id, member.Node, reason));

    public void StopAll(IEnumerable<Member> members, string reason)
    {
        foreach (var member in members)
        {
            Stop(member, reason);
        }
    }

    public void Change(Member member, DesiredStatus desired, string reason) =>
        _steps.Add(new ChangeStep(member.Assignment.Pool, member.Id, member.Node, desired, reason));

    public void Block(BlockedPool blocked) => _blocked.Add(blocked);

    public void Stick(PoolName pool, string reason) => _stuck[pool] = reason;

    public void LookAgain(DateTimeOffset? at)
    {
        if (at is { } moment && (_lookAgainAt is not { } earliest || moment < earliest))
        {
            _lookAgainAt = moment;
        }
    }

    private AllocationId NextId(PoolName pool)
    {
        _taken ??= [.. snapshot.Assignments.Values.SelectMany(a => a.Allocations).Select(a => a.Id)];
        while (true)
        {
            var id = AllocationId.For(pool, snapshot.Index + ClusterIdentity.IndexBase(snapshot.StoreId), _placed++);
            if (!_taken.Contains(id))
            {
                return id;
            }
        }
    }

    public ReconcilePlan ToPlan() => new(snapshot.Index, _steps.ToImmutable(), _blocked.ToImmutable(), _lookAgainAt)
    {
        Rollouts = _rollouts.ToImmutable(),
        Notices = _notices.ToImmutable(),
        Routes = Routes,
        Waits = Waits,
        Drains = Drains,
        Refreshed = Refreshed,
    };
}
