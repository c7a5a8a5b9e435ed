using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>What people do, and undo.</summary>
internal sealed partial class Faults
{
    private void Change(Chance own)
    {
        var at = own.Between(0, _wanted.Pools.Count - 1);
        var before = _wanted.Pools[at];
        var after = own.Between(1, 10) switch
        {
            <= 5 => before with { Version = before.Version + 1, Behaviour = own.In(20) ? own.Of([Behaviour.Slow, Behaviour.Deaf]) : Behaviour.Good },
            <= 7 => before with { Version = before.Version + 1, Behaviour = own.Of([Behaviour.Crashes, Behaviour.NeverHealthy, Behaviour.Missing]) },
            _ => Scaled(before, own),
        };
        Ask(spec => spec with { Pools = [.. spec.Pools.Select((p, i) => i == at ? after : p)] });
    }

    /// <summary>Has people apply another spec.</summary>
    public void Ask(Func<SpecShape, SpecShape> change)
    {
        _wanted = change(_wanted);
        AskAgain();
    }

    private void AskAgain()
    {
        Wanted?.Invoke(_wanted);
        cluster.Apply(_wanted);
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
        }, AskAgain, harmless: true, blinds: true);
    }

    private void SpoilRecord(Chance own)
    {
        string? key = null;
        For(own, 5, 15, "a record is lost or damaged", () =>
        {
            _records++;
            key = Records.Spoil(own);
            HoldUp(key);
        }, () =>
        {
            _records--;
            Repair(key);
        }, harmless: true, ofRecords: true);
    }

    /// <summary>An agent that is busy elsewhere for a moment: else its node's record is back before a manager can have seen that it is gone.</summary>
    private void HoldUp(string? key)
    {
        const string Nodes = "nexus/nodes/";
        if (key is not null && key.StartsWith(Nodes, StringComparison.Ordinal)
            && cluster.Nodes.First(n => n.Name == key[Nodes.Length..]).Process is { Runs: true } agent)
        {
            agent.Stop();
            cluster.World.After(TimeSpan.FromSeconds(1), agent.Continue);
        }
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
            AskAgain();
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
}
