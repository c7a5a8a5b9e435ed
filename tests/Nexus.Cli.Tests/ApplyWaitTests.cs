using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.State;

namespace Nexus.Cli.Tests;

public sealed class ApplyWaitTests
{
    [Fact]
    public async Task Apply_wait_outlasts_replicas_that_are_still_to_stop()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var stays = Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true);
        var surplus = Samples.Allocation("web-1-1", "web", AllocationPhase.Draining, healthy: true) with { Desired = DesiredStatus.Stop };
        var removed = Samples.Allocation("old-1-0", "old", AllocationPhase.Running, healthy: true);
        var lost = surplus with { Id = "web-1-2", Phase = AllocationPhase.Lost };
        var scaled = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 1, 1, 1)] };
        cluster.Status = scaled with { Allocations = [stays, surplus, removed, lost] };
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");
        await run.Out.UntilAsync("web: 1/1 healthy, 1/1 up to date; 1 still to stop\n");
        await run.Out.UntilAsync("old: removed; 1 still to stop\n");
        cluster.Status = scaled with { Allocations = [stays, surplus with { Phase = AllocationPhase.Stopped }, removed, lost] };
        await time.PassAsync(PoolWait.Interval);
        await run.Out.UntilAsync("web: 1/1 healthy, 1/1 up to date\n");
        cluster.Status = scaled with { Allocations = [stays, lost] };
        await time.PassAsync(PoolWait.Interval);
        var result = await running;

        Assert.Equal(0, result.Code);
        Assert.EndsWith("the pool is ready after 2 s\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_wait_of_no_pools_ends_when_everything_has_stopped()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var last = Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true) with { Desired = DesiredStatus.Stop };
        cluster.Status = new StatusView { SpecRevision = 1, Allocations = [last] };
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", "worker_pools: none"), "--wait=1s");
        await time.PassAsync(PoolWait.Interval);
        var late = await running;
        cluster.Status = new StatusView { SpecRevision = 1 };
        using var again = new CliRun();
        var done = await again.RunAsync(cluster, "apply", again.Write("nexus.yaml", "worker_pools: none"), "--wait=1s");

        Assert.Equal(5, late.Code);
        Assert.Contains("  web-1-0 on n1 has not stopped: running\n", late.Error);
        Assert.Equal(0, done.Code);
        Assert.Contains("no pool is left and everything has stopped after ", done.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_wait_fails_when_another_apply_supersedes_it()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 1, 0, 0)] };
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");
        await run.Out.UntilAsync("web: 0/1 healthy, 0/1 up to date\n");
        cluster.Status = new StatusView { SpecRevision = 2, SpecAppliedBy = "ben@other", Pools = [Samples.Pool("web", 1, 1, 1)] };
        await time.PassAsync(PoolWait.Interval);
        var result = await running;

        Assert.Equal(1, result.Code);
        Assert.Contains("superseded: revision 2, applied by ben@other, is in force in place of 1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_names_what_the_manager_really_replaced()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Replaced = (24, "ben@other");
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml));

        Assert.Equal(0, result.Code);
        Assert.Contains("is in force (replaces 24, applied by ben@other meanwhile)", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RouteState.Refused, "route h/x to pool web: gateway g1 leaves it out: it is bad")]
    [InlineData(RouteState.NotSwitched, "route h/x: stays with pool old, not switched to web: gateway g1 leaves it out: it is bad")]
    public async Task Apply_wait_fails_for_a_route_with_its_reason(RouteState state, string expected)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView
        {
            SpecRevision = 1,
            RoutesSpecRevision = 1,
            Pools = [Samples.Pool("web", 1, 1, 1)],
            Routes = [new RouteView("h/x", state, "web", "old", "gateway g1 leaves it out: it is bad")],
        };
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");

        Assert.Equal(1, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_wait_outlasts_routes_that_wait_for_their_pool()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var status = new StatusView { SpecRevision = 1, RoutesSpecRevision = 0, Pools = [Samples.Pool("web", 1, 1, 1)] };
        cluster.Status = status;
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");
        await run.Out.UntilAsync("web: 1/1 healthy, 1/1 up to date\n");
        cluster.Status = status with { RoutesSpecRevision = 1, Routes = [new RouteView("h/", RouteState.Waiting, "web", "old", "0 of 1 serve")] };
        await time.PassAsync(PoolWait.Interval);
        await run.Out.UntilAsync("route h/: pool old serves until pool web does: 0 of 1 serve\n");
        cluster.Status = status with { RoutesSpecRevision = 1 };
        await time.PassAsync(PoolWait.Interval);

        Assert.Equal(0, (await running).Code);
    }
}
