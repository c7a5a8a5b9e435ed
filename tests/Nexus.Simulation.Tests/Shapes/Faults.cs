using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>What goes wrong, and what people do meanwhile, as a seed has it.</summary>
internal sealed class Faults(SimCluster cluster, Chance chance)
{
    private List<PoolShape> _wanted = [.. cluster.Shape.Pools];
    private int _active;
    private int _harmful;
    private int _blinding;
    private int _records;
    private TimeSpan? _drainedAt;

    /// <summary>When the last fault ended; a fault that goes on has not.</summary>
    public TimeSpan LastEndedAt { get; private set; }

    public bool Any => _active > 0;

    /// <summary>When the last fault ended that may cost requests: one that takes replicas, gateways or the ways between them.</summary>
    public TimeSpan LastHarmEndedAt { get; private set; }

    public bool AnyHarm => _harmful > 0;

    /// <summary>When the last fault ended that takes a node, its agent or a gateway: the second witness may be wanting then.</summary>
    public TimeSpan LastBlindAt { get; private set; }

    public bool AnyBlindness => _blinding > 0;

    /// <summary>What is wrong with records in Consul.</summary>
    public RecordFaults Records { get; } = new(cluster);

    /// <summary>Whether records are all that is wrong, and have been for a while.</summary>
    public bool OnlyRecords => _records > 0 && _records == _active;

    /// <summary>When the last fault ended that is not of records.</summary>
    public TimeSpan LastOtherAt { get; private set; }

    /// <summary>Whether people emptied a node, or put one back, not long ago.</summary>
    public bool IsDraining => Drained.Count > 0 || (_drainedAt is { } at && cluster.World.Elapsed - at < TimeSpan.FromSeconds(60));

    /// <summary>After this nothing is broken or changed any more.</summary>
    public TimeSpan Until { get; private set; }

    /// <summary>Told of every spec that holds, before the cluster can know of it.</summary>
    public Action<IReadOnlyList<PoolShape>>? Wanted { get; set; }

    /// <summary>Told of every fault when it begins, and whether it can cost no request.</summary>
    public Action<bool>? Began { get; set; }

    /// <summary>Told before Consul loses its data: all that was written is gone then.</summary>
    public Action? Emptying { get; set; }

    /// <summary>Whether Consul has lost its data, now or before.</summary>
    public bool IsEmptied { get; private set; }

    /// <summary>Nodes that people emptied.</summary>
    public HashSet<string> Drained { get; } = new(StringComparer.Ordinal);

    /// <summary>May have Consul lose its data, once. Drawn after all else, so that the rest of a seed stays what it was.</summary>
    public void PlanLoss(Chance own)
    {
        if (own.In(30))
        {
            cluster.World.After(own.Between(TimeSpan.FromSeconds(40), Until - TimeSpan.FromSeconds(30)), () => Empty(own));
        }
    }

    private void Empty(Chance own)
    {
        if (!cluster.Consul.HasLeader)
        {
            cluster.World.After(TimeSpan.FromSeconds(1), () => Empty(own));
            return;
        }

        // What people told the nodes is gone as well.
        Drained.Clear();
        For(own, 3, 25, "Consul is emptied", () =>
        {
            IsEmptied = true;
            Emptying?.Invoke();
            cluster.Consul.Empty(everything: own.In(50));
        }, () =>
        {
            Wanted?.Invoke(_wanted);
            cluster.Apply(_wanted, () => { });
        }, harmless: true, blinds: true);
    }

    public void Plan()
    {
        cluster.Apply(_wanted, () => { });
        Wanted?.Invoke(_wanted);
        Until = TimeSpan.FromSeconds(chance.Between(120, 240));
        for (var i = chance.Between(1, 4); i > 0; i--)
        {
            At(30, Change);
        }

        if (cluster.Nodes.Count > 2 && chance.In(40))
        {
            At(30, Drain);
        }

        for (var i = chance.Between(0, 6); i > 0; i--)
        {
            At(40, Fault);
        }

        for (var i = chance.Between(0, 3); i > 0; i--)
        {
            At(40, SpoilRecord);
        }
    }

    private void At(int earliestSeconds, Action<Chance> what)
    {
        var own = chance.Fork();
        cluster.World.After(chance.Between(TimeSpan.FromSeconds(earliestSeconds), Until - TimeSpan.FromSeconds(20)), () => what(own));
    }

    private void Change(Chance own)
    {
        var at = own.Between(0, _wanted.Count - 1);
        var before = _wanted[at];
        var after = own.Between(1, 10) switch
        {
            <= 5 => before with { Version = before.Version + 1, Behaviour = own.In(20) ? own.Of([Behaviour.Slow, Behaviour.Deaf]) : Behaviour.Good },
            <= 7 => before with { Version = before.Version + 1, Behaviour = own.Of([Behaviour.Crashes, Behaviour.NeverHealthy, Behaviour.Missing]) },
            _ => Scaled(before, own),
        };
        _wanted = [.. _wanted.Select((p, i) => i == at ? after : p)];
        var wanted = _wanted;
        Wanted?.Invoke(wanted);
        cluster.Apply(wanted, () => { });
    }

    private PoolShape Scaled(PoolShape pool, Chance own)
    {
        var replicas = pool.StopsFirst ? own.Between(1, Math.Max(1, cluster.Nodes.Count - 1)) : own.Between(1, 5);
        return pool with { Replicas = replicas, Max = Math.Max(replicas, pool.Max) };
    }

    private void Drain(Chance own)
    {
        var node = own.Of(cluster.Nodes);
        Drained.Add(node.Name);
        _drainedAt = cluster.World.Elapsed;
        cluster.SetDraining(node, draining: true);
        if (own.In(60))
        {
            cluster.World.After(own.Milliseconds(10_000, 60_000), () =>
            {
                Drained.Remove(node.Name);
                _drainedAt = cluster.World.Elapsed;
                cluster.SetDraining(node, draining: false);
            });
        }
    }

    private void Fault(Chance own)
    {
        var node = own.Of(cluster.Nodes);
        var manager = own.Of(cluster.Managers);
        var gateway = own.Of(cluster.Gateways);
        switch (own.Between(1, 19))
        {
            case 1 or 2:
                Crash(own, node);
                break;
            case 3:
                Hang(own, node);
                break;
            case 4:
                For(own, 8, 40, $"{node.Name} loses its power", () => PowerOff(node), () => PowerOn(node), blinds: true);
                break;
            case 5:
                For(own, 2, 15, $"the agent of {node.Name} is killed", () => cluster.Kill(node), () => cluster.Start(node), harmless: true, blinds: true);
                break;
            case 6 or 7:
                For(own, 2, 20, $"manager {manager.Name} is killed", () => cluster.Kill(manager), () => cluster.Start(manager), harmless: true);
                break;
            case 8:
                var leader = Leader() ?? manager;
                For(own, 4, 20, $"manager {leader.Name} is stopped", () => leader.Process?.Stop(), () => leader.Process?.Continue(), harmless: true);
                break;
            case 9:
                For(own, 1, 8, "Consul has no leader", () => cluster.Consul.LoseLeader(own.Milliseconds(1000, 8000)), () => { }, atLeast: 8, harmless: true);
                break;
            case 10:
                For(own, 20, 60, "Consul is away", () => cluster.Consul.LoseLeader(TimeSpan.FromSeconds(20)), () => { }, atLeast: 20, harmless: true, blinds: true);
                break;
            case 11:
                var who = own.Of<Seat>([node, manager, gateway]);
                For(own, 3, 40, $"{who.Name} is cut off", () => Isolate(who, true), () => Isolate(who, false), blinds: true);
                break;
            case 12:
                For(own, 5, 40, $"events of {node.Name} are lost", () => cluster.EngineOf(node).LosesEvents = true,
                    () => cluster.EngineOf(node).LosesEvents = false);
                cluster.World.After(TimeSpan.FromSeconds(2), () => Crash(own, node));
                break;
            case 13:
                For(own, 5, 40, $"{node.Name} has no registry", () => cluster.EngineOf(node).RegistryAway = true,
                    () => cluster.EngineOf(node).RegistryAway = false, harmless: true);
                break;
            case 14:
                For(own, 2, 15, $"gateway {gateway.Name} is killed", () => cluster.Kill(gateway), () => cluster.Start(gateway), blinds: true);
                break;
            case 15:
                For(own, 5, 30, $"{node.Name}'s Consul agent is dead", () => ConsulAgent(node, false), () => ConsulAgent(node, true));
                break;
            case 17 or 18:
                Late(own, Leader() ?? manager);
                break;
            case 16:
                var slow = own.Of<Seat>([node, manager, gateway]);
                For(own, 5, 30, $"{slow.Name} is slow and loses answers",
                    () => (slow.Machine.ConsulDelay, slow.Machine.LostAnswers) = (own.Milliseconds(20, 300), 20),
                    () => (slow.Machine.ConsulDelay, slow.Machine.LostAnswers) = (TimeSpan.Zero, 0), blinds: true);
                break;
            default:
                For(own, 3, 15, "the catalog shows empty lists", () => cluster.Consul.EmptyLists = 40, () => cluster.Consul.EmptyLists = 0, harmless: true);
                break;
        }
    }

    private void SpoilRecord(Chance own)
    {
        string? key = null;
        For(own, 5, 15, "a record is lost or damaged", () =>
        {
            _records++;
            key = Records.Spoil(own);
        }, () =>
        {
            _records--;
            Repair(key);
        }, harmless: true, ofRecords: true);
    }

    /// <summary>What no process writes again by itself, people do.</summary>
    private void Repair(string? key)
    {
        if (key is null || (Records.IsWell(key) && !key.StartsWith("nexus/rollouts/", StringComparison.Ordinal)))
        {
            return;
        }

        if (key.StartsWith("nexus/eligibility/", StringComparison.Ordinal))
        {
            var node = cluster.Nodes.First(n => n.Name == key["nexus/eligibility/".Length..]);
            cluster.SetDraining(node, Drained.Contains(node.Name));
        }
        else if (key.StartsWith("nexus/spec/", StringComparison.Ordinal))
        {
            Wanted?.Invoke(_wanted);
            cluster.Apply(_wanted, () => { });
        }
        else if (key.StartsWith("nexus/rollouts/", StringComparison.Ordinal))
        {
            cluster.World.After(TimeSpan.FromSeconds(5), () => cluster.ResumeHeld(key["nexus/rollouts/".Length..]));
        }
        else
        {
            // Whoever wrote it writes it again.
        }
    }

    /// <summary>A write of the leader is held up on its way, while it lives on or is stopped, and others may lead when it arrives.</summary>
    private void Late(Chance own, Seat leader)
    {
        var stops = own.In(60);
        leader.Machine.HeldTransaction = () =>
        {
            leader.Machine.HeldTransaction = null;
            if (stops)
            {
                cluster.World.Log("fault", $"{leader.Name} is stopped meanwhile");
                leader.Process?.Stop();
            }
        };
        For(own, 14, 20, $"writes of {leader.Name} arrive late", () => leader.Machine.TransactionsLate = own.Milliseconds(2500, 7000), () =>
        {
            leader.Machine.TransactionsLate = TimeSpan.Zero;
            leader.Machine.HeldTransaction = null;
            leader.Process?.Continue();
        }, harmless: true);
        cluster.World.After(TimeSpan.FromSeconds(1), () => Change(own));
    }

    private void For(Chance own, int least, int most, string what, Action begin, Action end, int atLeast = 0, bool harmless = false, bool blinds = false, bool ofRecords = false)
    {
        var seconds = Math.Max(atLeast, own.Between(least, most));
        cluster.World.Log("fault", what);
        _active++;
        _harmful += harmless ? 0 : 1;
        _blinding += blinds ? 1 : 0;
        Began?.Invoke(harmless);
        begin();
        cluster.World.After(TimeSpan.FromSeconds(seconds), () =>
        {
            cluster.World.Log("fault", "over: " + what);
            end();
            _active--;
            LastEndedAt = cluster.World.Elapsed;
            LastOtherAt = ofRecords ? LastOtherAt : cluster.World.Elapsed;
            if (blinds)
            {
                _blinding--;
                LastBlindAt = cluster.World.Elapsed;
            }

            if (!harmless)
            {
                _harmful--;
                LastHarmEndedAt = cluster.World.Elapsed;
            }
        });
    }

    private void Crash(Chance own, Seat node)
    {
        var running = cluster.EngineOf(node).Workloads.Where(w => w is { Running: true, Ready: true }).ToList();
        if (running.Count > 0)
        {
            var victim = own.Of(running);
            For(own, 3, 3, $"{victim.Id} crashes", () => cluster.EngineOf(node).End(victim, 139), () => { });
        }
    }

    private void Hang(Chance own, Seat node)
    {
        var running = cluster.EngineOf(node).Workloads.Where(w => w is { Running: true, Ready: true, Paused: false }).ToList();
        if (running.Count > 0)
        {
            var victim = own.Of(running);
            For(own, 10, 30, $"{victim.Id} hangs", () => victim.Hangs = true, () => victim.Hangs = false, blinds: true);
        }
    }

    private void PowerOff(Seat node)
    {
        cluster.Kill(node);
        node.Machine.Up = false;
        cluster.EngineOf(node).PowerOff();
        cluster.Consul.Notice(node.Machine);
    }

    private void PowerOn(Seat node)
    {
        node.Machine.Up = true;
        cluster.Consul.AgentOf(node.Machine).Restart();
        cluster.Consul.Notice(node.Machine);
        cluster.Start(node);
    }

    private void Isolate(Seat seat, bool isolated)
    {
        seat.Machine.Isolated = isolated;
        cluster.Consul.Notice(seat.Machine);
    }

    private void ConsulAgent(Seat node, bool up)
    {
        node.Machine.ConsulUp = up;
        if (up)
        {
            cluster.Consul.AgentOf(node.Machine).Restart();
        }

        cluster.Consul.Notice(node.Machine);
    }

    private Seat? Leader()
    {
        var session = cluster.Consul.Keys.Find("nexus/leader")?.Session;
        var owner = session is null ? null : cluster.Consul.Sessions.OwnerOf(session);
        return cluster.Managers.FirstOrDefault(m => m.Name == owner);
    }
}
