using Nexus.Simulation.Tests.Cluster;

namespace Nexus.Simulation.Tests.Checking;

/// <summary>What is promised of each pool.</summary>
internal sealed partial class Checker
{
    // The word of a change reaches a gateway over several watches, a few milliseconds apart.
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(250);

    private IEnumerable<SimWorkload> RunningOf(string pool) =>
        _cluster.Network.Engines.Values.SelectMany(e => e.Workloads).Where(w => w.Running && w.Pool == pool);

    private IEnumerable<SimGateway> Live => _cluster.LiveGateways.Where(g => _gateways.ContainsKey(g.Name));

    /// <summary>How many replicas take requests and answer them, at the gateway that sees fewest; of a pool that no route is about, how many
    /// would answer.</summary>
    private int Available(string pool)
    {
        var answering = RunningOf(pool).Where(w => w.Answers && w.Machine.Up).ToList();
        return IsRouted(pool)
            ? Live.Select(g => answering.Count(w => g.TakesRequests(w.Allocation, w.Attempt))).DefaultIfEmpty(0).Min()
            : answering.Count;
    }

    private void CheckPool(PoolWatch pool)
    {
        CheckExclusive(pool);
        CheckVolumes(pool);
        HasServed(pool);
        var available = InPeace || pool.WholeSince is null ? Available(pool.Name) : 0;
        if (pool.WholeSince is null && !_faults.AnyHarm && available >= pool.Shape.Replicas && Live.Any())
        {
            pool.WholeSince = World.Elapsed;
        }

        if (!InPeace)
        {
            return;
        }

        if (!pool.Armed)
        {
            if (available >= pool.Shape.Replicas && Live.Any())
            {
                pool.Arm(World.Elapsed);
            }
        }
        else if (available >= LeastOf(pool))
        {
            pool.BelowSince = null;
            if (available >= pool.Shape.Replicas)
            {
                pool.NoteWhole();
            }
        }
        else if (World.Elapsed - (pool.BelowSince ??= World.Elapsed) > Blink)
        {
            Break("never below the promise", $"{available} of {pool.Name} serve; {LeastOf(pool)} are promised");
        }

        if (World.Elapsed - pool.ChangedAt > Peace || pool.Armed)
        {
            CheckMost(pool);
        }
    }

    private void CheckMost(PoolWatch pool)
    {
        var wanted = _desired.Values.SelectMany(a => a.Allocations).Where(a => a.Pool == pool.Name && a.Desired == "Run").ToList();
        if (wanted.Count > pool.Most)
        {
            Break("never above the surge", $"{wanted.Count} of {pool.Name} are to run; {pool.Most} may");
        }

        var running = RunningOf(pool.Name).Count(w => wanted.Exists(a => a.Id == w.Allocation));
        if (running > pool.Most)
        {
            Break("never above the surge", $"{running} of {pool.Name} run; {pool.Most} may");
        }
    }

    private void CheckExclusive(PoolWatch pool)
    {
        if (!pool.Shape.StopsFirst)
        {
            return;
        }

        foreach (var node in RunningOf(pool.Name).GroupBy(w => w.Machine.Name, StringComparer.Ordinal))
        {
            if (node.Count() > 1)
            {
                Break("held by one", $"{string.Join(" and ", node.Select(w => w.Id))} of {pool.Name} run on {node.Key}");
            }
        }
    }

    private void Started(SimWorkload workload)
    {
        _dirty = true;
        if (!_starts.TryGetValue(workload.Allocation, out var starts))
        {
            _starts[workload.Allocation] = starts = [];
        }

        starts.Add(World.Elapsed);

        // The first restart is at once; the second waits for two seconds or a little less.
        var recent = starts.Count(s => World.Elapsed - s < TimeSpan.FromSeconds(1.7));
        if (recent > 2 && InPeace)
        {
            Break("crash loops back off", $"{workload.Allocation} was started {recent} times within 1.7 s");
        }
    }

    private void Stopping(SimWorkload workload, bool politely)
    {
        _dirty = true;
        if (politely && IsWithoutSpec && !_stopSince.ContainsKey(workload.Allocation))
        {
            Break("an empty store stops nothing", $"{workload.Id} was told to stop though no spec says so");
        }

        if (!politely || !InPeace)
        {
            return;
        }

        var drain = TimeSpan.FromSeconds(5);
        var waited = World.Elapsed - _stopSince.GetValueOrDefault(workload.Allocation, World.Elapsed);
        foreach (var gateway in _gateways.Values.Where(g => g.Pools.Contains(workload.Pool)))
        {
            if (gateway.Destinations.TryGetValue(workload.Allocation, out var seen) && seen.Attempt == workload.Attempt
                && (seen.Takes || seen.InFlight > 0) && waited < drain)
            {
                Break("drains are acknowledged", $"{workload.Id} was told to stop {waited.TotalSeconds:0.00} s after its drain began, while {gateway.Name} "
                    + (seen.Takes ? "sends requests to it" : $"has {seen.InFlight} requests there"));
            }
        }
    }

    private void Rollout(RawRollout now)
    {
        var before = _rollouts.GetValueOrDefault(now.Pool);
        _rollouts[now.Pool] = now;
        if (before is null || !_pools.TryGetValue(now.Pool, out var pool))
        {
            return;
        }

        if (before.Phase != now.Phase)
        {
            World.Log("checker", $"rollout {now.Number} of {now.Pool}: {before.Phase} -> {now.Phase}");
        }

        if (before.Number != now.Number)
        {
            pool.RolloutBeganAt = World.Elapsed;
        }

        CheckKept(pool, before, now);
        if (now.Phase == "RollingBack" && before.Phase != "RollingBack" && ++pool.RolledBack > pool.Specs)
        {
            Break("no rollback loops", $"{now.Pool} was rolled back {pool.RolledBack} times for {pool.Specs} specs");
        }
    }

    /// <summary>A revision that works is given up only for a reason: a fault, or nodes that are taken out of use.</summary>
    private void CheckKept(PoolWatch pool, RawRollout before, RawRollout now)
    {
        if (now.Phase is "RollingBack" or "Failed" && before.Phase != now.Phase && !pool.Shape.Broken && now.TargetImage == pool.Shape.Image
            && InPeace && pool.RolloutBeganAt - _faults.LastEndedAt > Peace && _faults.Drained.Count == 0)
        {
            Break("good revisions are kept", $"{pool.Name} gave up {now.TargetImage}, which works: {now.Reason}");
        }
    }

    /// <summary>A replica does not start beside an empty volume while another node has its data.</summary>
    private void CheckVolumes(PoolWatch pool)
    {
        if (!pool.Shape.Exclusive)
        {
            return;
        }

        // What has served for so long has been reported. Drains leave volumes behind here.
        pool.VolumeNodes.UnionWith(RunningOf(pool.Name)
            .Where(w => w.Ready && w.StartedAt >= pool.FewerAt && World.Elapsed - w.StartedAt > TimeSpan.FromSeconds(10)).Select(w => w.Machine.Name));
        pool.VolumeNodes.ExceptWith(_faults.Drained);
        if (pool.VolumeNodes.Count > pool.Shape.Replicas)
        {
            Break("volumes are not left", $"{pool.Name} has volumes on {string.Join(", ", pool.VolumeNodes)} for {pool.Shape.Replicas} replicas");
        }
    }
}
