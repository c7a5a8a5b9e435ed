using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.State;

namespace Nexus.Cli.Tests;

/// <summary>Several managers, some of which are away.</summary>
public sealed class FailoverTests : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    [Fact]
    public async Task Any_command_goes_on_to_a_manager_that_takes_connections()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = Samples.Status;
        var addresses = $"{Refusing()},{cluster.Endpoint.Display},{Refusing()}";
        using var status = new CliRun();
        using var apply = new CliRun();
        using var drain = new CliRun();
        apply.Set("NEXUS_ADDRESS", addresses);
        drain.Write(".nexus/cli.json", $"{{\"address\": \"{addresses}\"}}");

        Assert.Equal(0, (await status.RunAsync("status", "-a", addresses)).Code);
        Assert.Equal(0, (await apply.RunAsync("apply", apply.Write("nexus.yaml", Samples.Yaml))).Code);
        Assert.Equal(0, (await drain.RunAsync("drain", "n1")).Code);
        Assert.Single(cluster.Requests, r => r is { Method: "PUT", Target: Routes.Spec });
        Assert.Equal(Samples.Yaml, cluster.Spec?.Yaml);
        Assert.True(Assert.Single(cluster.EligibilityCommands).Draining);
    }

    [Fact]
    public async Task When_none_can_be_reached_the_error_names_all_that_were_tried()
    {
        var (first, second) = (Refusing(), Refusing());
        using var run = new CliRun();

        var result = await run.RunAsync("status", "-a", $"{first},{second}");

        Assert.Equal(3, result.Code);
        Assert.StartsWith(
            $"error: Cannot reach the Nexus API at {first} (from --address): connection refused; nor at {second}: connection refused. ",
            result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_sent_is_not_sent_again_but_the_next_request_begins_elsewhere()
    {
        await using var first = await FakeCluster.StartAsync();
        await using var second = await FakeCluster.StartAsync();
        first.OnRequest = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var client = NexusApiClient.Create([first.Endpoint, second.Endpoint], TimeProvider.System, () => 0);

        var broken = await Assert.ThrowsAsync<NexusUnreachableException>(
            () => client.ApplySpecAsync(Samples.Yaml, null, null, null, TestContext.Current.CancellationToken));
        await client.StatusAsync(TestContext.Current.CancellationToken);

        Assert.Equal(first.Endpoint.Display, broken.Endpoint.Display);
        Assert.DoesNotContain(second.Requests, r => r.Method == "PUT");
        Assert.Equal(Routes.Status, Assert.Single(second.Requests).Target);
    }

    [Fact]
    public async Task The_manager_that_answered_is_asked_first_from_then_on()
    {
        await using var first = await FakeCluster.StartAsync();
        await using var second = await FakeCluster.StartAsync();
        using var client = NexusApiClient.Create(
            [new ApiEndpoint(new Uri(Refusing()), "the test"), second.Endpoint, first.Endpoint], TimeProvider.System, () => 0);

        await client.StatusAsync(TestContext.Current.CancellationToken);
        await client.StatusAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, second.Requests.Count);
        Assert.Empty(first.Requests);
    }

    [Fact]
    public async Task Events_follow_goes_on_at_another_manager()
    {
        var first = await FakeCluster.StartAsync();
        await using var second = await FakeCluster.StartAsync();
        first.Happen(Samples.Event(1));
        second.Happen(Samples.Event(1));
        second.Happen(Samples.Event(2));
        second.Happen(Samples.Event(3));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunUntilAsync(["events", "-f", "-a", $"{first.Endpoint.Display},{second.Endpoint.Display}"], stop.Token);
        await run.Out.UntilAsync("event 1");
        first.Happen(Samples.Event(2));
        await run.Out.UntilAsync("event 2"); // by the stream
        await first.DisposeAsync();
        await time.PassAsync(TimeSpan.FromMilliseconds(250));
        await run.Out.UntilAsync("event 3");
        await stop.CancelAsync();

        Assert.Equal(["event 1", "event 2", "event 3"], (await running).Out.TrimEnd().Split('\n').Select(l => l[l.IndexOf("event", StringComparison.Ordinal)..][..7]));
    }

    [Fact]
    public async Task Logs_follow_goes_on_at_another_manager()
    {
        var first = await FakeCluster.StartAsync();
        await using var second = await FakeCluster.StartAsync();
        first.Status = new StatusView { Allocations = [Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true)] };
        var (cut, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        first.OnRequest = context => Tell(context, "one", cut.Task);
        second.OnRequest = context => Tell(context, "two", end.Task);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var running = run.RunUntilAsync(["logs", "web-1-0", "-f", "-a", $"{first.Endpoint.Display},{second.Endpoint.Display}"], stop.Token);
        await run.Out.UntilAsync("one\n");
        cut.SetResult();
        await run.Error.UntilAsync("Trying again.");
        await first.DisposeAsync();
        await time.PassAsync(PoolFollow.Interval);
        await run.Out.UntilAsync("two\n");
        await stop.CancelAsync();
        await running;
        end.SetResult();

        Assert.Contains("tail=100&follow=true", first.Requests.Last().Target, StringComparison.Ordinal);
        Assert.Contains("tail=0&follow=true", second.Requests.First().Target, StringComparison.Ordinal);

        static async Task Tell(HttpContext context, string line, Task until)
        {
            if (context.Request.Path.Value!.EndsWith("/logs", StringComparison.Ordinal))
            {
                await context.Response.WriteAsync(line + "\n");
                await context.Response.Body.FlushAsync();
                await until;
                context.Abort();
            }
        }
    }

    /// <summary>Bound but not listening: refuses, and nobody else can take it.</summary>
    private string Refusing()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://{socket.LocalEndPoint}";
    }
}
