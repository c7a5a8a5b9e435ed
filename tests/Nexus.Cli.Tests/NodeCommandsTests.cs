using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

/// <summary>Nodes taken out of use, put back and removed.</summary>
public sealed class NodeCommandsTests
{
    [Fact]
    public async Task Drain_wait_says_what_blocks_and_ends_when_the_node_is_empty()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Drain = new NodeDrainView("n1", false, 2, "no other node has room for web");
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "drain", "n1", "--reason", "new disk", "--wait");
        await run.Out.UntilAsync("n1: 2 allocations left; it cannot go on: no other node has room for web\n");
        cluster.Drain = new NodeDrainView("n1", true, 0, null);
        await time.PassAsync(DrainCommand.Interval);

        Assert.Equal(0, (await running).Code);
        Assert.EndsWith("n1: empty after 1 s\n", run.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal(new NodeEligibilityCommand(true, "new disk", "ann@box"), Assert.Single(cluster.EligibilityCommands));
    }

    [Fact]
    public async Task Drain_leaves_volumes_behind_only_when_told()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Drain = new NodeDrainView("n1", true, 0, null);
        using var run = new CliRun();

        Assert.Equal(0, (await run.RunAsync(cluster, "drain", "n1", "--leave-volumes")).Code);

        Assert.Equal(new NodeEligibilityCommand(true, "", "ann@box") { LeaveVolumes = true }, Assert.Single(cluster.EligibilityCommands));
    }

    [Fact]
    public async Task Drain_wait_gives_up_with_the_reason_and_uncordon_puts_back()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Drain = new NodeDrainView("n1", true, 1, "web-1-0 still has requests");
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };
        using var back = new CliRun();

        var running = run.RunAsync(cluster, "drain", "n1", "--wait", "500ms");
        await time.PassAsync(TimeSpan.FromMilliseconds(500));
        var result = await running;

        Assert.Equal(5, result.Code);
        Assert.Contains("n1 is not empty after 500 ms: 1 allocation left; it cannot go on: web-1-0 still has requests.", result.Error);
        Assert.Equal(new CliResult(0, "n1: is in use again\n", ""), await back.RunAsync(cluster, "uncordon", "n1"));
        Assert.False(cluster.EligibilityCommands.Last().Draining);
    }

    [Fact]
    public async Task A_lost_node_is_removed_in_the_name_of_who_asked_and_another_is_not()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var asked = new List<(string Node, string By)>();
        cluster.RemoveNode = (node, by) =>
        {
            asked.Add((node, by));
            return node == "n1" ? null : $"{node} is Ready; only a Lost node can be forgotten";
        };
        using var lost = new CliRun();
        using var ready = new CliRun();

        Assert.Equal(new CliResult(0, "n1: is removed\n", ""), await lost.RunAsync(cluster, "nodes", "remove", "n1"));
        var refused = await ready.RunAsync(cluster, "nodes", "remove", "n2");

        Assert.Equal([("n1", "ann@box"), ("n2", "ann@box")], asked);
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("n2 is Ready; only a Lost node can be forgotten", refused.Error);
        Assert.Equal("", refused.Out);
    }
}
