using Nexus.Simulation.Tests.Checking;
using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;
using Nexus.Simulation.Tests.Planted;
using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests;

/// <summary>How a seed ended.</summary>
internal sealed record SeedOutcome(
    ulong Seed, Exception? Failure, ulong Hash, long Events, TimeSpan Simulated, long Requests, long Failed, IReadOnlyList<string> Trace)
{
    public TimeSpan Took { get; init; }

    public override string ToString() =>
        $"seed {Seed}: {(Failure is null ? "holds" : Failure is Violation ? Failure.Message : Failure.ToString())} "
        + $"(hash {Hash:x16}, {Events} events, {Simulated.TotalSeconds:0} s simulated in {Took.TotalSeconds:0.0} s, {Failed} of {Requests} requests failed)";
}

/// <summary>Plays one seed.</summary>
internal static class SeedRun
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    // One world at a time: whether it has come to rest is seen on the pool, which all tests of a process share.
    private static readonly SemaphoreSlim OneWorld = new(1, 1);

    public static async Task<SeedOutcome> PlayAsync(ulong seed, PlantedBug? bug = null, TextWriter? copy = null)
    {
        await OneWorld.WaitAsync();
        try
        {
            return await PlayAloneAsync(seed, bug, copy);
        }
        finally
        {
            OneWorld.Release();
        }
    }

    private static async Task<SeedOutcome> PlayAloneAsync(ulong seed, PlantedBug? bug, TextWriter? copy)
    {
        var started = TimeProvider.System.GetTimestamp();
        var trace = new Trace(copy);
        var world = new World(trace);
        var chance = new Chance(seed);
        var folder = Directory.CreateTempSubdirectory("nexus-sim-").FullName;
        Exception? failure = null;
        Checker? checker = null;
        try
        {
            var shape = Shape.Of(chance.Fork());
            world.Log("seed", $"{seed}: {shape.Managers} managers, {shape.Nodes} nodes, {shape.Gateways} gateways, {string.Join(", ", shape.Pools)}");
            var cluster = new SimCluster(world, chance.Fork(), shape, bug ?? NoBug.Instance, folder);
            var faults = new Faults(cluster, chance.Fork());
            checker = new Checker(cluster, faults);
            world.AfterEach = checker.AfterEach;
            cluster.StartAll();
            faults.Plan();
            new Traffic(cluster, chance.Fork(), checker.RequestOver).Start();
            new Clocks(cluster, faults, chance.Fork()).Plan();
            faults.PlanLoss(chance.Fork());
            new RouteMoves(cluster, faults, chance.Fork()).Plan();
            Watch(world, faults, checker, null);
            await world.RunAsync(TimeSpan.FromHours(1));
        }
        catch (Exception e)
        {
            failure = e;
            checker?.Dump();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var (all, failed) = checker?.Requests ?? default;
        return new SeedOutcome(seed, failure, trace.Hash, world.Events, world.Elapsed, all, failed, [.. trace.Lines])
        {
            Took = TimeProvider.System.GetElapsedTime(started),
        };
    }

    private static void Watch(World world, Faults faults, Checker checker, TimeSpan? wellSince)
    {
        world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (faults.Any || world.Elapsed < faults.Until)
            {
                Watch(world, faults, checker, null);
                return;
            }

            var missing = checker.Missing();
            if (missing is not null && world.Elapsed - Later(faults.Until, faults.LastEndedAt) > Bound)
            {
                world.Fail(new Violation("converges", $"{Bound.TotalSeconds} s after the last fault {missing}"));
                return;
            }

            var since = missing is null ? wellSince ?? world.Elapsed : (TimeSpan?)null;
            if (since is { } well && world.Elapsed - well > Calm)
            {
                world.End();
                return;
            }

            Watch(world, faults, checker, since);
        });
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
