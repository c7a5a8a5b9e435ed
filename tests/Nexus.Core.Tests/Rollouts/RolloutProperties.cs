using CsCheck;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Rollouts;

/// <summary>
/// Whole histories of a pool: agents and gateways follow at random speed, images are broken, nodes are emptied, lost and come
/// back. The promises are checked after every pass by a world that counts for itself.
/// </summary>
public sealed class RolloutProperties
{
    private static readonly Gen<Plot> Plots = Gen.Select(
        Gen.Int[1, 4], Gen.Int[1, 5], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool, Gen.Bool, Gen.UInt,
        (nodes, replicas, surge, unavailable, strategy, broken, exclusive, seed) => new Plot(
            nodes, exclusive ? Math.Min(nodes, replicas) : replicas, surge, unavailable,
            exclusive || surge == 0 ? RolloutStrategy.Rolling : (RolloutStrategy)strategy, broken, exclusive, (int)(seed & 0x7fffffff)));

    [Fact]
    public void A_rollout_keeps_its_promises_and_ends() => Plots.Sample(plot =>
    {
        var world = new World(plot);
        world.Settle(40);
        world.Deploy();
        world.Check = () =>
        {
            Assert.True(world.Running <= world.Most, $"{world.Running} run, at most {world.Most} may");
            Assert.True(world.Available >= world.Least, $"{world.Available} are available, at least {world.Least} were promised");
            world.AssertHeldOnce();
        };
        world.Follow(60, obey: 0.6);
        world.Settle(160);
        world.AssertEnded();
    }, iter: 250);

    [Fact]
    public void Emptying_a_node_keeps_the_promises_too() => Plots.Where(p => p.Nodes > 1 && !(p.Exclusive && p.Replicas >= p.Nodes)).Sample(plot =>
    {
        var world = new World(plot);
        world.Settle(40);
        world.Check = () =>
        {
            Assert.True(world.Running <= world.Most, $"{world.Running} run, at most {world.Most} may");
            Assert.True(world.Available >= world.Least, $"{world.Available} are available, at least {world.Least} were promised");
            world.AssertHeldOnce();
        };
        world.Empty("n0");
        world.Follow(10, obey: 0.6);
        world.Deploy();
        world.Settle(200);
        world.AssertEnded();
        Assert.Equal(0, world.On("n0"));
    }, iter: 150);

    [Fact]
    public void Whatever_nodes_do_it_ends_well_once_they_stop() => Plots.Where(p => p.Nodes > 1).Sample(plot =>
    {
        var world = new World(plot) { Check = () => { } };
        world.Check = world.AssertHeldOnce;
        world.Settle(20);
        world.Deploy();
        world.Follow(60, obey: 0.6, nodeFaults: 0.1, crashes: 0.05);
        world.Settle(250);
        world.AssertEnded(faults: true);
    }, iter: 150);

    [Fact]
    public void A_new_leader_goes_on_where_another_stopped() => Plots.Sample(plot =>
    {
        // Nothing is kept outside the snapshot, so a leader that reads it afresh each time must do the same.
        var (one, other) = (new World(plot), new World(plot) { ForgetsBetweenPasses = true });
        foreach (var world in new[] { one, other })
        {
            world.Settle(20);
            world.Deploy();
            world.Settle(60);
        }

        Assert.Equal(one.Told, other.Told);
    }, iter: 100);
}
