using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Preview;

/// <summary>What happened to one pool while it was played.</summary>
internal sealed class PlayedPool
{
    public int Placed { get; set; }

    public int Stopped { get; set; }

    /// <summary>Of both, those of one and the same revision: stopped here, placed there.</summary>
    public int Moved { get; set; }

    public int LeastAvailable { get; set; } = int.MaxValue;
}

/// <summary>
/// The reconciler played forward over a cluster in which every start succeeds by the next pass and every stop is over by then.
/// </summary>
internal sealed class PlayedRollout
{
    private const int MostPasses = 400;
    private static readonly TimeSpan Pass = TimeSpan.FromSeconds(1);
    private readonly Dictionary<PoolName, PlayedPool> _pools = [];

    /// <summary>What the last pass could not place.</summary>
    public ImmutableArray<BlockedPool> Blocked { get; private set; } = [];

    /// <summary>Whether nothing was left to do in the end.</summary>
    public bool HasSettled { get; private set; }

    public PlayedPool Of(PoolName pool) =>
        _pools.TryGetValue(pool, out var played) ? played : _pools[pool] = new PlayedPool();

    public static PlayedRollout Play(ClusterSnapshot snapshot, ClusterSpec proposed, long specRevision, DateTimeOffset now)
    {
        var played = new PlayedRollout();
        ImmutableArray<PoolSpec> known = snapshot.Spec?.Pools ?? [];
        snapshot = Prepared(snapshot, proposed, specRevision, now);
        var changes = new Dictionary<(PoolName, PoolRevision), (int Placed, int Stopped)>();
        for (var pass = 0; pass < MostPasses && !played.HasSettled; pass++)
        {
            now += Pass;
            snapshot = snapshot with { Retained = Retained(snapshot, known) };
            var plan = Reconciler.Compute(snapshot, now);
            played.Blocked = plan.Blocked;
            played.HasSettled = plan.IsEmpty;
            Count(snapshot, plan, changes);
            snapshot = Applied(snapshot, plan);
            played.LookAtLeast(snapshot, proposed);
            snapshot = Obeyed(snapshot, now);
        }

        foreach (var (key, count) in changes)
        {
            var pool = played.Of(key.Item1);
            pool.Placed += count.Placed;
            pool.Stopped += count.Stopped;
            pool.Moved += Math.Min(count.Placed, count.Stopped);
        }

        foreach (var pool in played._pools.Values.Where(p => p.LeastAvailable == int.MaxValue))
        {
            pool.LeastAvailable = 0;
        }

        return played;
    }

    /// <summary>The cluster as if all that runs there were well and nobody had to be waited for.</summary>
    private static ClusterSnapshot Prepared(ClusterSnapshot snapshot, ClusterSpec proposed, long specRevision, DateTimeOffset now) =>
        Obeyed(snapshot with
        {
            Spec = proposed with { Pools = [.. proposed.Pools.Select(Hurried)] },
            SpecRevision = specRevision,
            Gateways = snapshot.Gateways.Clear(),
            Requests = snapshot.Requests.Clear(),
        }, now);

    /// <summary>Pools that go only when routes have moved away from them.</summary>
    private static ImmutableArray<PoolSpec> Retained(ClusterSnapshot snapshot, ImmutableArray<PoolSpec> known) =>
    [
        .. known.Where(pool => snapshot.Spec!.Pools.All(p => p.Name != pool.Name) && snapshot.Routes is { } record
            && (record.Routes.Any(route => route.Pool == pool.Name) || record.Retained.Any(r => r.Pool == pool.Name))).Select(Hurried),
    ];

    private static PoolSpec Hurried(PoolSpec pool) => pool with
    {
        Rollout = pool.Rollout with
        {
            MinHealthyTime = TimeSpan.Zero,
            KeepOld = TimeSpan.Zero,
            ProgressDeadline = TimeSpan.FromDays(1),
            Canary = pool.Rollout.Canary with { Steps = [.. pool.Rollout.Canary.Steps.Select(s => s with { Pause = TimeSpan.Zero })] },
        },
    };

    private static void Count(
        ClusterSnapshot snapshot, ReconcilePlan plan, Dictionary<(PoolName, PoolRevision), (int Placed, int Stopped)> changes)
    {
        foreach (var step in plan.Steps)
        {
            var key = step switch
            {
                PlaceStep place => (place.Pool, place.Revision),
                StopStep stop => (stop.Pool, snapshot.Assignments[stop.Node.Value].Allocations.First(a => a.Id == stop.Allocation).Revision),
                _ => default((PoolName, PoolRevision)?),
            };
            if (key is { } known)
            {
                var (placed, stopped) = changes.GetValueOrDefault(known);
                changes[known] = step is PlaceStep ? (placed + 1, stopped) : (placed, stopped + 1);
            }
        }
    }

    private static ClusterSnapshot Applied(ClusterSnapshot snapshot, ReconcilePlan plan)
    {
        var assignments = snapshot.Assignments.ToBuilder();
        foreach (var assignment in AssignmentChanges.Compute(snapshot, plan, epoch: 1))
        {
            assignments[assignment.Node.Value] = assignment;
        }

        var rollouts = snapshot.Rollouts.ToBuilder();
        foreach (var record in plan.Rollouts)
        {
            rollouts[record.Pool.Value] = record;
        }

        return snapshot with
        {
            Index = snapshot.Index + 1,
            Assignments = assignments.ToImmutable(),
            Rollouts = rollouts.ToImmutable(),
            Routes = plan.Routes ?? snapshot.Routes,
        };
    }

    private void LookAtLeast(ClusterSnapshot snapshot, ClusterSpec proposed)
    {
        var serving = proposed.Pools.ToDictionary(p => p.Name, _ => 0);
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            if (!snapshot.Nodes.TryGetValue(node, out var state) || state.Status == NodeStatus.Lost)
            {
                continue;
            }

            var healthy = snapshot.Observations.GetValueOrDefault(node)?.Allocations
                .Where(o => o is { Phase: AllocationPhase.Running, Healthy: true }).Select(o => o.Id).ToHashSet() ?? [];
            foreach (var allocation in assignment.Allocations)
            {
                if (allocation.Desired == DesiredStatus.Run && healthy.Contains(allocation.Id)
                    && serving.TryGetValue(allocation.Pool, out var count))
                {
                    serving[allocation.Pool] = count + 1;
                }
            }
        }

        foreach (var (pool, available) in serving)
        {
            Of(pool).LeastAvailable = Math.Min(Of(pool).LeastAvailable, available);
        }
    }

    private static ClusterSnapshot Obeyed(ClusterSnapshot snapshot, DateTimeOffset now)
    {
        var observations = snapshot.Observations.ToBuilder();
        foreach (var (node, assignment) in snapshot.Assignments)
        {
            var seen = snapshot.Observations.GetValueOrDefault(node);
            if (seen is null || seen.Generation != assignment.Generation || seen.Epoch != assignment.Epoch
                || seen.Allocations.Any(o => !o.Healthy && o.Phase != AllocationPhase.Paused))
            {
                observations[node] = new NodeObservation
                {
                    Node = assignment.Node,
                    Epoch = assignment.Epoch,
                    Generation = assignment.Generation,
                    Allocations = [.. assignment.Allocations.Where(a => a.Desired != DesiredStatus.Stop).Select(a => Well(a, now))],
                };
            }
        }

        return snapshot with { Observations = observations.ToImmutable() };
    }

    private static ObservedAllocation Well(AllocationAssignment allocation, DateTimeOffset now)
    {
        var serves = allocation.Desired == DesiredStatus.Run;
        return new ObservedAllocation
        {
            Id = allocation.Id,
            Pool = allocation.Pool,
            Revision = allocation.Revision,
            Phase = serves ? AllocationPhase.Running : AllocationPhase.Paused,
            Healthy = serves,
            HealthySince = serves ? now : null,
        };
    }
}
