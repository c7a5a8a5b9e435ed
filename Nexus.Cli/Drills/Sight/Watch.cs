using Nexus.Api.V1;
using Nexus.Cli.Views;
using Nexus.Core.State;

namespace Nexus.Cli.Drills.Sight;

/// <summary>Waits for what the cluster comes to. Asks the gateways where they can be asked, else the managers.</summary>
internal sealed class Watch(ClusterSight cluster, RoutesSight routes, DrillSettings settings, TimeProvider time)
{
    private static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(20);

    private long _specRevision;

    public bool SeesRoutes => routes.IsKnown;

    public long Now() => time.GetTimestamp();

    public TimeSpan Since(long mark) => time.GetElapsedTime(mark);

    public Task DelayAsync(TimeSpan span, CancellationToken cancellationToken) => Task.Delay(span, time, cancellationToken);

    /// <summary>Which try of an allocation the gateways know; zero where they cannot be asked.</summary>
    public async Task<int> AttemptAsync(string allocation, CancellationToken cancellationToken) =>
        (await routes.ReadAsync(settings.Pool, cancellationToken)).SelectMany(g => g).Where(d => d.Allocation == allocation)
        .Select(d => d.Attempt).DefaultIfEmpty(0).Max();

    /// <summary>Until nobody sends requests to this try of the allocation.</summary>
    public Task<TimeSpan> UntilOutAsync(long mark, AllocationView victim, int attempt, CancellationToken cancellationToken) =>
        UntilAsync(mark, SeesRoutes ? Eager : Usual, $"{victim.Id} is out of rotation", async () =>
            await routes.IsOutAsync(settings.Pool, victim.Id, attempt, cancellationToken) ?? await FailedAsync(victim, cancellationToken),
            cancellationToken);

    /// <summary>Until at least so many replicas of the pool get requests.</summary>
    public Task<TimeSpan> UntilServingAsync(long mark, int count, CancellationToken cancellationToken) =>
        UntilAsync(mark, Usual, $"{count} replicas of {settings.Pool} serve", async () =>
            (await routes.ServingAsync(settings.Pool, cancellationToken) ?? await HealthyAsync(cancellationToken)) >= count,
            cancellationToken);

    /// <summary>Until the status and the pool's rollout are as wanted.</summary>
    public Task<TimeSpan> UntilAsync(
        long mark, string what, Func<StatusView, PoolView, RolloutView?, bool> condition, CancellationToken cancellationToken) =>
        UntilAsync(mark, Usual, what, async () =>
        {
            var status = await cluster.TryStatusAsync(cancellationToken);
            return status?.Pools.FirstOrDefault(p => p.Name == settings.Pool) is { } pool
                && condition(status, pool, await cluster.TryRolloutAsync(settings.Pool, cancellationToken));
        }, cancellationToken);

    /// <summary>A spec was applied: what is seen of an earlier one says nothing any more.</summary>
    public void Expect(long specRevision) => _specRevision = specRevision;

    /// <summary>Until nothing is left of the fault: everything of <paramref name="before"/> is there and healthy again.</summary>
    public async Task<StatusView> UntilSettledAsync(StatusView before, CancellationToken cancellationToken)
    {
        StatusView? seen = null;
        await UntilAsync(
            Now(), "the cluster is at full capacity again", (status, pool, rollout) =>
            {
                seen = status;
                return status.SpecRevision >= _specRevision && Unsettled(status, pool, rollout, before) is null;
            },
            cancellationToken);
        await UntilServingAsync(Now(), before.Pools.First(p => p.Name == settings.Pool).Desired, cancellationToken);
        return seen!;
    }

    /// <summary>What keeps the cluster from full capacity; null when nothing does.</summary>
    public static string? Unsettled(StatusView status, PoolView pool, RolloutView? rollout, StatusView before)
    {
        static int Good(IEnumerable<PeerView> peers) => peers.Count(p => p.Healthy);
        static int Ready(StatusView of) => of.Nodes.Count(n => n.Status == NodeStatus.Ready);
        return (status, pool) switch
        {
            ({ Leader: null }, _) => "there is no leader",
            ({ Warning: { } warning }, _) => warning,
            (_, { Blocked: { } blocked }) => $"{pool.Name}: {blocked}",
            _ when pool.Healthy < pool.Desired || pool.Running != pool.Desired => $"{pool.Name}: {PoolState.Progress(pool)}",
            _ when rollout is { Requested: { } asked } && asked != pool.Revision => $"{pool.Name}: the leader has not seen the spec yet",
            _ when rollout is not null && !RolloutWords.IsEnd(rollout.Phase) => $"{pool.Name}: {RolloutWords.Progress(rollout)}",
            _ when rollout is null && !PoolState.IsSettled(pool) => $"{pool.Name}: {PoolState.Progress(pool)}",
            _ when status.Allocations.Any(a => a.Pool == pool.Name && a.Desired == DesiredStatus.Stop && a.Phase is not AllocationPhase.Stopped) =>
                $"{pool.Name}: replicas are still being stopped",
            _ when Good(status.Managers) < Good(before.Managers) => "managers are missing",
            _ when Good(status.Gateways) < Good(before.Gateways) => "gateways are missing",
            _ when Ready(status) < Ready(before) => "nodes are not ready",
            _ => null,
        };
    }

    private async Task<TimeSpan> UntilAsync(
        long mark, TimeSpan interval, string what, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var limit = time.GetElapsedTime(mark) + settings.RecoveryLimit;
        while (!await condition())
        {
            if (time.GetElapsedTime(mark) > limit)
            {
                throw new DrillFailedException($"it did not happen within {HumanUnits.Span(settings.RecoveryLimit)} that {what}");
            }

            await Task.Delay(interval, time, cancellationToken);
        }

        return time.GetElapsedTime(mark);
    }

    private async Task<bool> FailedAsync(AllocationView victim, CancellationToken cancellationToken)
    {
        var status = await cluster.TryStatusAsync(cancellationToken);
        var now = status?.Allocations.FirstOrDefault(a => a.Id == victim.Id);
        return status is not null && (now is null || !now.Healthy || now.Restarts > victim.Restarts);
    }

    private async Task<int> HealthyAsync(CancellationToken cancellationToken) =>
        (await cluster.TryStatusAsync(cancellationToken))?.Pools.FirstOrDefault(p => p.Name == settings.Pool)?.Healthy ?? -1;
}
