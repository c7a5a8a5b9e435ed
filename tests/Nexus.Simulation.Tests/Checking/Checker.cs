using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;
using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests.Checking;

/// <summary>
/// Looks at the truth after every step: raw documents, engines, gateways. Shares no code with what it checks. What only
/// holds in peace (no fault for a while, and all was well since) is checked in peace.
/// </summary>
internal sealed partial class Checker
{
    private static readonly TimeSpan Peace = TimeSpan.FromSeconds(25);

    private readonly SimCluster _cluster;
    private readonly Faults _faults;
    private readonly Dictionary<string, RawAssignment> _desired = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ulong, ulong)> _observed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RawRollout> _rollouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RawGateway> _gateways = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PoolWatch> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _stopSince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TimeSpan>> _starts = new(StringComparer.Ordinal);
    private ulong _epoch;
    private bool _dirty = true;
    private Violation? _late;

    public Checker(SimCluster cluster, Faults faults)
    {
        (_cluster, _faults) = (cluster, faults);
        cluster.Consul.Keys.Changed = Changed;
        faults.Wanted = Want;
        faults.Emptying = Forget;
        faults.Began = harmless =>
        {
            foreach (var pool in _pools.Values)
            {
                pool.Armed = false;
                pool.WholeSince = harmless ? pool.WholeSince : null;
            }
        };
        foreach (var engine in cluster.Network.Engines.Values)
        {
            engine.Started += Started;
            engine.Stopping += Stopping;
        }
    }

    /// <summary>Requests that failed in peace, all in all, and all requests.</summary>
    public (long All, long Failed) Requests { get; private set; }

    private World World => _cluster.World;

    private bool InPeace => !_faults.Any && World.Elapsed - _faults.LastEndedAt > Peace;

    public void AfterEach()
    {
        if (_late is not null)
        {
            throw _late;
        }

        FollowRoutes();
        if (_dirty)
        {
            _dirty = false;
            foreach (var pool in _pools.Values)
            {
                CheckPool(pool);
                CheckOutlivesItsRoutes(pool);
            }
        }
    }

    /// <summary>Puts the whole truth into the trace.</summary>
    public void Dump()
    {
        foreach (var (key, entry) in _cluster.Consul.Keys.Entries.Where(e =>
            !e.Key.StartsWith("nexus/events/", StringComparison.Ordinal) && !e.Key.StartsWith("nexus/spec/", StringComparison.Ordinal)))
        {
            World.Log("truth", $"{key} {System.Text.Encoding.UTF8.GetString(entry.Value)}");
        }

        foreach (var workload in _cluster.Network.Engines.Values.SelectMany(e => e.Workloads))
        {
            World.Log("truth", $"{workload.Id} of {workload.Allocation} try {workload.Attempt} {workload.Image} port {workload.Port}: "
                + (workload.Running ? "runs" : "ended") + (workload.Answers ? ", answers" : "") + (workload.Paused ? ", paused" : ""));
        }

        foreach (var node in _cluster.Consul.Catalog.Nodes.Values)
        {
            World.Log("truth", $"{node.Name} {(node.Answers ? "answers" : "is silent")}: "
                + string.Join(", ", node.Services.Keys) + "; " + string.Join(", ", node.Checks.Values.Select(c => $"{c.Id}={c.Status}")));
        }
    }

    // Throwing here would throw into the product's own code.
    private void Break(string rule, string what)
    {
        World.Log("checker", $"{rule}: {what}");
        _late ??= new Violation(rule, what);
    }

    // What follows is another store's: it counts from low again, and what was given up there is not known.
    private void Forget()
    {
        _epoch = 0;
        _observed.Clear();
        _rollouts.Clear();
        _desired.Clear();
    }

    private void Want(SpecShape spec)
    {
        foreach (var pool in spec.Pools)
        {
            if (!_pools.TryGetValue(pool.Name, out var watch))
            {
                _pools[pool.Name] = watch = new PoolWatch(pool, World.Elapsed);
            }

            watch.Want(pool, World.Elapsed);
        }

        foreach (var removed in _pools.Values.Where(watch => spec.Pools.All(p => p.Name != watch.Name)))
        {
            removed.Remove(World.Elapsed);
        }

        WantRoutes(spec);
        _dirty = true;
    }

    private void Changed(string key, Entry? before, Entry? after)
    {
        _dirty = true;
        if (_faults.Records.IsSpoiling)
        {
            // What its writer last meant holds until somebody writes again.
            return;
        }

        if (key.StartsWith("nexus/desired/", StringComparison.Ordinal))
        {
            Desired(key["nexus/desired/".Length..], after);
        }
        else if (key.StartsWith("nexus/observed/", StringComparison.Ordinal) && after is not null)
        {
            var seen = RawReader.Observation(after.Value);
            var now = (seen.Epoch, seen.Generation);
            if (seen.Store is not null && seen.Store != StoreId)
            {
                return; // It goes on with what another store told it.
            }

            if (_observed.TryGetValue(seen.Node, out var last) && now.CompareTo(last) < 0)
            {
                Break("agents never go back", $"{seen.Node} acted on {now} after {last}");
            }

            _observed[seen.Node] = now;
        }
        else if (key.StartsWith("nexus/rollouts/", StringComparison.Ordinal) && after is not null)
        {
            Rollout(RawReader.Rollout(after.Value));
        }
        else if (key.StartsWith("nexus/gateways/", StringComparison.Ordinal))
        {
            var name = key["nexus/gateways/".Length..];
            if (after is null)
            {
                _gateways.Remove(name);
            }
            else
            {
                _gateways[name] = RawReader.Gateway(after.Value);
            }
        }
        else
        {
            // Nothing that is checked hangs on it.
        }
    }

    private bool IsWithoutSpec => _faults.IsEmptied && _cluster.Consul.Keys.Find("nexus/spec/current") is null;

    private string? StoreId => _faults.Records.IsWell("nexus/cluster") ? RawReader.StoreId(_cluster.Consul.Keys.Find("nexus/cluster")!.Value) : null;

    private void Desired(string node, Entry? after)
    {
        if (after is null)
        {
            _desired.Remove(node);
            return;
        }

        var now = RawReader.Assignment(after.Value);
        var leader = _cluster.Consul.Keys.Find("nexus/leader");
        var holder = leader?.Session is { } session ? _cluster.Consul.Sessions.OwnerOf(session) : null;
        var writer = _cluster.Consul.Writer?.Name;
        if (now.Epoch < _epoch)
        {
            Break("one leader", $"{writer} wrote epoch {now.Epoch} to {node} after {_epoch}");
        }

        if (writer != holder || (now.Epoch < leader?.Locked && !_faults.Records.LockWasDeleted))
        {
            Break("one leader", $"{writer} wrote epoch {now.Epoch} to {node} while {holder ?? "nobody"} leads at {leader?.Locked}");
        }

        if (_desired.TryGetValue(node, out var before) && now.Generation <= before.Generation)
        {
            Break("generations grow", $"{node}: {before.Generation} was followed by {now.Generation}");
        }

        CompareAssignments(node, before, now);
        _epoch = Math.Max(_epoch, now.Epoch);
        _desired[node] = now;
    }

    private void CompareAssignments(string node, RawAssignment? before, RawAssignment now)
    {
        var known = before?.Allocations.ToDictionary(a => a.Id, StringComparer.Ordinal) ?? [];
        foreach (var allocation in now.Allocations)
        {
            var was = known.GetValueOrDefault(allocation.Id);
            if (was is null && _pools.TryGetValue(allocation.Pool, out var pool))
            {
                pool.Placed++;
                CheckSecondWitness(node, allocation);
                CheckChangeInDoubt(allocation, "placed on", node);
            }

            if (allocation.Desired == "Stop" && was?.Desired != "Stop")
            {
                if (IsWithoutSpec && !_stopSince.ContainsKey(allocation.Id))
                {
                    Break("an empty store stops nothing", $"{allocation.Id} is to be stopped on {node} though no spec says so: {allocation.Reason}");
                }

                _stopSince.TryAdd(allocation.Id, World.Elapsed);
                CheckChangeInDoubt(allocation, "stopped on", node);
            }
        }

        foreach (var gone in known.Values.Where(a => a.Desired != "Stop" && now.Allocations.All(n => n.Id != a.Id)))
        {
            Break("stopped before dropped", $"{gone.Id} was dropped from {node} without having been stopped");
        }
    }

    /// <summary>While records alone are damaged and a pool is whole, nothing of it may be placed or stopped.</summary>
    private void CheckChangeInDoubt(RawAllocation allocation, string what, string node)
    {
        if (_faults.OnlyRecords && World.Elapsed - _faults.LastOtherAt > Peace && !_faults.IsDraining
            && _pools.TryGetValue(allocation.Pool, out var pool) && !pool.IsRemoved && pool.WholeSince is { } whole && World.Elapsed - whole > Peace
            && World.Elapsed - pool.ChangedAt > Peace * 2 && _rollouts.GetValueOrDefault(allocation.Pool) is { Phase: "Stable" })
        {
            Break("records in doubt change nothing", $"{allocation.Id} is {what} {node} while only a record is lost: {allocation.Reason}");
        }
    }

    /// <summary>
    /// A replacement for a node that is thought lost, while all that is wrong for long with any node is that its Consul agent
    /// is dead, and gateways that live could say so.
    /// </summary>
    private void CheckSecondWitness(string node, RawAllocation placed)
    {
        if (placed.Reason.Contains("lost", StringComparison.OrdinalIgnoreCase)
            && _cluster.Nodes.Where(n => !n.Machine.ConsulUp).ToList() is { Count: > 0 } silent
            && silent.TrueForAll(n => _cluster.EngineOf(n).Workloads.Any(w => w.Answers && Live.Any(g => g.TakesRequests(w.Allocation, w.Attempt))))
            && !_faults.AnyBlindness && World.Elapsed - _faults.LastBlindAt > Peace)
        {
            Break("two witnesses", $"{placed.Id} was placed on {node}, though only a Consul agent is dead: {placed.Reason}");
        }
    }
}
