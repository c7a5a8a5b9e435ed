using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Core.Reconcile;

/// <summary>Gathers the steps of one pass. Lives for one call.</summary>
internal sealed class PlanBuilder(ulong index)
{
    private readonly ImmutableArray<ReconcileStep>.Builder _steps = ImmutableArray.CreateBuilder<ReconcileStep>();
    private readonly ImmutableArray<BlockedPool>.Builder _blocked = ImmutableArray.CreateBuilder<BlockedPool>();
    private DateTimeOffset? _lookAgainAt;
    private int _placed;

    public void Add(ReconcileStep step) => _steps.Add(step);

    public void Place(PoolName pool, NodeName node, PoolRevision revision, string reason) =>
        _steps.Add(new PlaceStep(pool, AllocationId.For(pool, index, _placed++), node, revision, reason));

    public void StopAll(PoolName pool, IEnumerable<Member> members, string reason)
    {
        foreach (var member in members)
        {
            _steps.Add(new StopStep(pool, member.Id, member.Node, reason));
        }
    }

    public void Block(BlockedPool blocked) => _blocked.Add(blocked);

    public void LookAgain(DateTimeOffset at)
    {
        if (_lookAgainAt is not { } earliest || at < earliest)
        {
            _lookAgainAt = at;
        }
    }

    public ReconcilePlan ToPlan() => new(index, _steps.ToImmutable(), _blocked.ToImmutable(), _lookAgainAt);
}
