using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.State;

namespace Nexus.Cli.Tests;

public sealed class ReadingCommandsTests
{
    [Theory]
    [InlineData("status", Routes.Status)]
    [InlineData("nodes", Routes.Nodes)]
    [InlineData("events", Routes.Events)]
    public async Task Json_is_the_apis_own_document(string command, string route)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = Samples.Status;
        cluster.Happen(Samples.Event(1));
        using var http = new HttpClient();
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, command, "--output", "json");

        var own = await http.GetStringAsync(new Uri(cluster.Endpoint.Address, route), TestContext.Current.CancellationToken);
        Assert.Equal(new CliResult(0, own + "\n", ""), result);
    }

    [Fact]
    public async Task Status_cuts_nothing_when_redirected()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var reason = string.Join(' ', Enumerable.Repeat("reason", 300));
        cluster.Status = Samples.Status with
        {
            Allocations = [Samples.Allocation("web-1-1", "web", AllocationPhase.Failed, healthy: false) with { Reason = reason }],
        };
        using var run = new CliRun();

        Assert.Contains(reason, (await run.RunAsync(cluster, "status")).Out);
    }

    [Fact]
    public async Task Status_watch_goes_on_through_a_failure_and_ends_quietly()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 1, Cluster = "first" };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunUntilAsync(["status", "--watch", "-o", "json", "-a", cluster.Endpoint.Display], stop.Token);
        await run.Out.UntilAsync("first");
        cluster.OnRequest = context => FakeCluster.ProblemAsync(context, 503, "Consul is away", "Wait.");
        await time.PassAsync(StatusCommand.Interval);
        await run.Error.UntilAsync("Consul is away. Wait. Trying again.");
        cluster.OnRequest = null;
        cluster.Status = new StatusView { SpecRevision = 2, Cluster = "second" };
        await time.PassAsync(StatusCommand.Interval);
        await run.Out.UntilAsync("second");
        await stop.CancelAsync();

        var result = await running;
        Assert.Equal(130, result.Code);
        Assert.Equal(2, result.Out.TrimEnd().Split('\n').Length);
        Assert.DoesNotContain("error", result.Error);
    }

    [Fact]
    public async Task Nodes_says_why_what_it_shows_may_be_old()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = Samples.Status with { Warning = "Consul does not answer" };
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "nodes");

        Assert.Equal((0, "warning: Consul does not answer\n"), (result.Code, result.Error));
        Assert.Contains("n1", result.Out);
    }

    [Fact]
    public async Task Events_of_an_unknown_pool_name_the_pools_there_are()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = Samples.Status;
        cluster.Happen(Samples.Event(1, "removed"));
        using var wrong = new CliRun();
        using var quiet = new CliRun();
        using var removed = new CliRun();

        Assert.Equal(
            new CliResult(1, "", "error: No pool is called 'nope'. There are api, web.\n"),
            await wrong.RunAsync(cluster, "events", "--pool", "nope"));
        Assert.Equal(new CliResult(0, "", ""), await quiet.RunAsync(cluster, "events", "--pool", "web"));
        Assert.Contains("event 1", (await removed.RunAsync(cluster, "events", "--pool", "removed")).Out);
    }

    [Fact]
    public async Task Nodes_says_when_there_is_none()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "nodes");

        Assert.Equal((0, ""), (result.Code, result.Out));
        Assert.Contains("No node has registered", result.Error);
    }

    [Fact]
    public async Task Events_dated_in_the_future_are_not_recent_ones_and_that_is_said()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Happen(Samples.Event(9));
        cluster.Happen(Samples.Event(70));
        using var run = new CliRun { Time = new WatchedTime() };

        var result = await run.RunAsync(cluster, "events", "--since", "5m");

        Assert.Contains("event 9", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("event 70", result.Out, StringComparison.Ordinal);
        Assert.Contains("1 event has a time up to 1 h in the future", result.Error, StringComparison.Ordinal);
        Assert.Contains("worker/n1", result.Error, StringComparison.Ordinal);

        using var all = new CliRun { Time = new WatchedTime() };
        Assert.Contains("event 70", (await all.RunAsync(cluster, "events")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_lines_that_can_be_filtered()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Happen(Samples.Event(1));
        cluster.Happen(Samples.Event(5, "api", EventSeverity.Warning));
        cluster.Happen(Samples.Event(8) with { Message = "it said:\u001b[2J\nbye" });

        Assert.Equal(
            """
            2030-01-31 11:51:00  info     AllocationExited      web-1-0           event 1  (worker/n1)
            2030-01-31 11:55:00  warning  AllocationExited      api-1-0           event 5  (worker/n1)
            2030-01-31 11:58:00  info     AllocationExited      web-1-0           it said:�[2J bye  (worker/n1)

            """,
            await EventsAsync());
        Assert.Equal(["5"], Numbers(await EventsAsync("--pool", "api")));
        Assert.Equal(["5"], Numbers(await EventsAsync("--since", "6m")));
        Assert.Equal(["1", "5"], Numbers(await EventsAsync("--since", "2030-01-31T11:51:00Z")));

        async Task<string> EventsAsync(params string[] options)
        {
            using var run = new CliRun { Time = new WatchedTime() };
            return (await run.RunAsync(cluster, ["events", .. options])).Out;
        }

        static IEnumerable<string> Numbers(string text) => text.Split('\n').Where(l => l.Contains("event ")).Select(l => l.Split("event ")[1][..1]);
    }

    [Fact]
    public async Task Events_follow_loses_and_repeats_nothing_when_the_stream_breaks()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Happen(Samples.Event(1));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunUntilAsync(["events", "-f", "-o", "json", "-a", cluster.Endpoint.Display], stop.Token);
        await run.Out.UntilAsync("event 1");
        cluster.Happen(Samples.Event(2));
        await run.Out.UntilAsync("event 2");
        cluster.BreakStreams();
        await run.Error.UntilAsync("Trying again in 250 ms.");
        cluster.Happen(Samples.Event(3));
        await time.PassAsync(TimeSpan.FromMilliseconds(250));
        await run.Out.UntilAsync("event 3");
        await stop.CancelAsync();

        var result = await running;
        Assert.Equal(130, result.Code);
        var ids = result.Out.TrimEnd().Split('\n').Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.EventView)!.Id);
        Assert.Equal(["01HZ0001", "01HZ0002", "01HZ0003"], ids);
        Assert.Equal("01HZ0002", cluster.Requests.Last().Headers["Last-Event-ID"]);
    }

    [Fact]
    public async Task Logs_of_an_allocation_are_its_lines()
    {
        await using var cluster = await LoggingClusterAsync();
        using var run = new CliRun();

        Assert.Equal(new CliResult(0, "two [x]\nthree\n", ""), await run.RunAsync(cluster, "logs", "web-1-0", "--tail", "2"));
    }

    [Fact]
    public async Task Logs_of_a_pool_carry_prefixes_and_name_what_is_missing()
    {
        await using var cluster = await LoggingClusterAsync();
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "logs", "web", "-n", "1");

        Assert.Equal((1, "web-1-0 | three\n"), (result.Code, result.Out));
        Assert.Equal("warning: web-1-1: No allocation is called web-1-1. It may have been replaced.\n", result.Error);
    }

    [Fact]
    public async Task Logs_follow_of_a_pool_takes_in_newcomers()
    {
        await using var cluster = await LoggingClusterAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunUntilAsync(["logs", "web", "-f", "-n", "1", "-o", "json", "-a", cluster.Endpoint.Display], stop.Token);
        await run.Out.UntilAsync("three");
        await run.Error.UntilAsync("web-1-1: No allocation");
        cluster.Logs["web-2-0"] = ["hello", "world"];
        cluster.Status = new StatusView { Allocations = [Samples.Allocation("web-2-0", "web", AllocationPhase.Running, healthy: true)] };
        await time.PassAsync(PoolFollow.Interval);
        await run.Out.UntilAsync("world");
        await stop.CancelAsync();

        var result = await running;
        Assert.Equal(130, result.Code);
        Assert.Equal(
            """
            {"allocation":"web-1-0","line":"three"}
            {"allocation":"web-2-0","line":"hello"}
            {"allocation":"web-2-0","line":"world"}

            """,
            result.Out);
    }

    [Fact]
    public async Task Logs_follow_of_a_pool_goes_on_with_a_replica_that_is_restarted()
    {
        await using var cluster = await LoggingClusterAsync();
        var web = Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true);
        cluster.Status = new StatusView { Allocations = [web] };
        cluster.EndedLogs["web-1-0"] = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunUntilAsync(["logs", "web", "-f", "-n", "1", "-a", cluster.Endpoint.Display], stop.Token);
        await run.Error.UntilAsync("its output ended");
        cluster.Logs["web-1-0"] = ["born again"];
        cluster.Status = new StatusView { Allocations = [web with { Restarts = 1 }] };
        await time.PassAsync(PoolFollow.Interval);
        await run.Out.UntilAsync("born again");
        await stop.CancelAsync();

        Assert.Equal("web-1-0 | three\nweb-1-0 | born again\n", (await running).Out);
    }

    [Fact]
    public async Task Logs_of_nobody_names_whom_there_is()
    {
        await using var cluster = await LoggingClusterAsync();
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "logs", "wbe");

        Assert.Equal(new CliResult(1, "", "error: No pool or allocation is called 'wbe'. There are web, web-1-0, web-1-1.\n"), result);
    }

    private static async Task<FakeCluster> LoggingClusterAsync()
    {
        var cluster = await FakeCluster.StartAsync();
        cluster.Logs["web-1-0"] = ["one", "two [x]", "three"];
        cluster.Status = new StatusView
        {
            Pools = [Samples.Pool("web", 2, 2, 2)],
            Allocations =
            [
                Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true),
                Samples.Allocation("web-1-1", "web", AllocationPhase.Running, healthy: true),
            ],
        };
        return cluster;
    }
}
