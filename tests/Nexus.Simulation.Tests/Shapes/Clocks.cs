using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>
/// Clocks that are wrong and clocks that are set. No fault in the checker's sense: everything promised holds all the same.
/// </summary>
internal sealed class Clocks(SimCluster cluster, Faults faults, Chance chance)
{
    private const int Most = 600;

    public void Plan()
    {
        var machines = cluster.Managers.Concat(cluster.Nodes).Concat(cluster.Gateways).Select(s => s.Machine).ToList();
        if (chance.In(60))
        {
            foreach (var machine in machines.Where(_ => chance.In(60)))
            {
                machine.ClockAhead = TimeSpan.FromSeconds(chance.Between(-Most, Most));
                cluster.World.Log("clocks", $"{machine.Name} is {machine.ClockAhead.TotalSeconds:0} s ahead");
            }
        }

        for (var i = chance.Between(0, 3); i > 0; i--)
        {
            var own = chance.Fork();
            cluster.World.After(own.Between(TimeSpan.FromSeconds(5), faults.Until), () =>
            {
                var machine = own.Of(machines);
                machine.ClockAhead = own.In(50) ? TimeSpan.Zero : TimeSpan.FromSeconds(own.Between(-6 * Most, 6 * Most));
                cluster.World.Log("clocks", $"{machine.Name} is set to {machine.ClockAhead.TotalSeconds:0} s ahead");
            });
        }
    }
}
