using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>Clients: requests of all kinds at their own pace, whatever the cluster does.</summary>
internal sealed class Traffic(SimCluster cluster, Chance chance, Action<SimRequest, TimeSpan> over)
{
    public void Start()
    {
        foreach (var pool in cluster.Shape.Pools)
        {
            cluster.World.After(chance.Milliseconds(5000, 6000), () => Send(pool.Name));
        }
    }

    private void Send(string pool)
    {
        cluster.World.After(chance.Milliseconds(80, 400), () => Send(pool));
        var reachable = cluster.LiveGateways.Where(g => g.Process.Machine is { Up: true, Isolated: false }).ToList();
        if (reachable.Count == 0)
        {
            return;
        }

        var began = cluster.World.Elapsed;
        var takes = chance.In(5) ? chance.Milliseconds(1000, 2500) : chance.Milliseconds(5, 150);
        var request = new SimRequest(pool, chance.In(70) ? "GET" : "POST", takes, r => over(r, began));
        chance.Of(reachable).Take(request);
    }
}
