using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Ejecting;

/// <summary>
/// Probes destinations while the catalog cannot be believed about them: Consul's agents are the one prober of a cluster, so that
/// each replica is asked once and not once per gateway, and while they are away, or one of them is, somebody has to ask.
/// </summary>
internal sealed class AbsenceProber(
    RoutingState routing, LivePools pools, NodeDoubts doubts, Ejector ejector, DestinationProbe probe, TimeProvider time) : BackgroundService
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, long> _lastPass = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var snapshot = routing.Current;
            var all = snapshot.Pools.Where(pool => pool.InRotation.Any(d => IsWorthAsking(pool, d))).ToList();
            if (all.Count == 0)
            {
                _lastPass.Clear();
                _failures.Clear();
                await Task.Delay(Idle, time, stoppingToken);
                continue;
            }

            foreach (var pool in all.Where(IsDue))
            {
                await ProbeAsync(pool, stoppingToken);
            }

            var next = all.Min(pool => DestinationProbe.PlanOf(pool).Interval) / 4;
            await Task.Delay(next < Idle ? next : Idle, time, stoppingToken);
        }
    }

    // A pool that asked not to be checked is left alone, but the witness for its node is asked for in any case.
    private bool IsWorthAsking(PoolRouting pool, Destination destination) =>
        destination.IsDoubted
        || (pool is { Trust: PoolTrust.LastKnown, Probe: not null })
        || (destination.Node is { } node && doubts.Silent.Contains(node.Value));

    private bool IsDue(PoolRouting pool)
    {
        if (_lastPass.TryGetValue(pool.Name.Value, out var last) && time.GetElapsedTime(last) < DestinationProbe.PlanOf(pool).Interval)
        {
            return false;
        }

        _lastPass[pool.Name.Value] = time.GetTimestamp();
        return true;
    }

    private async Task ProbeAsync(PoolRouting pool, CancellationToken cancellationToken)
    {
        foreach (var some in pool.InRotation.Where(d => IsWorthAsking(pool, d)).Chunk(AtOnce))
        {
            var started = time.GetTimestamp();
            var plan = DestinationProbe.PlanOf(pool);
            var answers = await Task.WhenAll(some.Select(d => probe.IsWellAsync(d.Address, plan, plan.Timeout, cancellationToken)));
            for (var i = 0; i < some.Length; i++)
            {
                Judge(pool, some[i], answers[i], started);
            }
        }
    }

    private void Judge(PoolRouting pool, Destination destination, bool isWell, long started)
    {
        var id = destination.Id.Value;
        var evidence = destination.Node is { } node ? pools.EvidenceOf(node.Value) : null;
        if (isWell)
        {
            evidence?.Answered(time.GetTimestamp());
            _failures.Remove(id);
            ejector.Succeed(id, started);
            return;
        }

        evidence?.Failed(time.GetTimestamp());
        if (pool.Trust != PoolTrust.LastKnown && !destination.IsDoubted)
        {
            return; // The catalog knows better; it was asked for its node's sake.
        }

        var failures = _failures[id] = _failures.GetValueOrDefault(id) + 1;
        if (failures >= DestinationProbe.PlanOf(pool).Failures)
        {
            ejector.Fail(pool.Name.Value, id, LiveDestination.LifeOf(destination), EjectionReason.ProbeFailed, started);
        }
    }
}
