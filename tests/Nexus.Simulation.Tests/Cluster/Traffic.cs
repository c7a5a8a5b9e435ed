using Nexus.Simulation.Tests.Engine;
using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>Clients: requests of all kinds at their own pace, whatever the cluster does.</summary>
internal sealed class Traffic(SimCluster cluster, Chance chance, Action<SimRequest, TimeSpan> over)
{
    /// <summary>One path of each part of a host that a spec may send elsewhere.</summary>
    public static readonly string[] Paths = ["/", "/api/orders"];

    public void Start()
    {
        foreach (var host in cluster.Shape.Pools.Select(SpecShape.HostOf))
        {
            cluster.World.After(chance.Milliseconds(5000, 6000), () => Send(host, 0));
        }
    }

    private void Send(string host, int number)
    {
        cluster.World.After(chance.Milliseconds(80, 400), () => Send(host, number + 1));
        var reachable = cluster.LiveGateways.Where(g => g.Process.Machine is { Up: true, Isolated: false }).ToList();
        if (reachable.Count == 0)
        {
            return;
        }

        var began = cluster.World.Elapsed;
        var takes = chance.In(5) ? chance.Milliseconds(1000, 2500) : chance.Milliseconds(5, 150);
        var request = new SimRequest(host, Paths[number % Paths.Length], chance.In(70) ? "GET" : "POST", takes, r => over(r, began));
        chance.Of(reachable).Take(request);
    }
}
