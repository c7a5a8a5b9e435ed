using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>What breaks.</summary>
internal sealed partial class Faults
{
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
