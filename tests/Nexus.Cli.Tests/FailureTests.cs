using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Nexus.Api.V1;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

public sealed class FailureTests
{
    [Fact]
    public async Task An_unreachable_cluster_names_the_address_its_source_and_what_to_try()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound but not listening: refuses, and nobody else can take it
        var address = $"http://{taken.LocalEndPoint}";
        using var run = new CliRun();
        run.Set("NEXUS_ADDRESS", address);

        var result = await run.RunAsync("status");

        Assert.Equal(3, result.Code);
        Assert.Empty(result.Out);
        Assert.Equal(
            $"error: Cannot reach the Nexus API at {address} (from NEXUS_ADDRESS): connection refused. "
            + "Start a cluster, or name a manager elsewhere with --address URL or NEXUS_ADDRESS.\n",
            result.Error);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_in_time_counts_as_unreachable()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.OnRequest = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ContinueWith(_ => { }, TaskScheduler.Default);
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "nodes");
        await time.PassAsync(TimeSpan.FromSeconds(10));
        var result = await running;

        Assert.Equal(3, result.Code);
        Assert.Contains("no answer within 10 s", result.Error);
    }

    [Fact]
    public async Task A_servers_problem_is_shown_in_its_words()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.OnRequest = context => FakeCluster.ProblemAsync(context, 503, "Consul does not answer", "See its log on m1.");
        using var run = new CliRun();

        Assert.Equal(
            new CliResult(1, "", "error: Consul does not answer. See its log on m1.\n"), await run.RunAsync(cluster, "events", "-f"));
    }

    [Theory]
    [InlineData(200, "text/html", "<html>hello</html>")]
    [InlineData(200, "application/json", "{\"pools\": 3}")]
    [InlineData(404, "text/html", "<html>not here</html>")]
    public async Task Another_server_at_the_address_is_told_from_ours(int status, string type, string body)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.OnRequest = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        };
        foreach (var command in new[] { "status", "nodes", "events" })
        {
            using var run = new CliRun();

            var result = await run.RunAsync(cluster, command);

            Assert.Equal((1, ""), (result.Code, result.Out));
            Assert.Contains($"{cluster.Endpoint.Display} (from --address) answered {status}", result.Error);
        }
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_counts_as_unreachable()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.OnRequest = async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"cluster\":");
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        };
        using var run = new CliRun();

        Assert.Equal(3, (await run.RunAsync(cluster, "status")).Code);
    }

    [Fact]
    public async Task Client_gives_null_for_no_spec_but_not_for_another_servers_404()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = NexusApiClient.Create(cluster.Endpoint, TimeProvider.System, () => 0);

        Assert.Null(await client.GetSpecAsync(TestContext.Current.CancellationToken));

        cluster.OnRequest = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        var refused = await Assert.ThrowsAsync<NexusApiException>(() => client.GetSpecAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
    }

    [Theory]
    [InlineData("status", "{}")]
    [InlineData("status", """{"specRevision": 3, "newField": {}, "allocations": [{"id": "a", "pool": "b", "node": "c", "revision": "d"}]}""")]
    [InlineData("nodes", """{"nodes": [{"name": "n", "address": "a", "arch": "x", "agentVersion": "1"}]}""")]
    public async Task A_server_of_another_version_may_leave_out_and_add_fields(string command, string body)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.OnRequest = context => context.Response.WriteAsync(body);
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, command);

        Assert.Equal((0, ""), (result.Code, result.Error));
    }

    [Theory]
    [InlineData("nexus.yaml", "nexus.yaml")]
    [InlineData("a/b c.yaml", "a/b c.yaml")]
    [InlineData("a/süß.yaml", "a%2Fs%C3%BC%C3%9F.yaml")]
    [InlineData("100%\r\nX: y", "100%25%0D%0AX%3A%20y")]
    public void Headers_hold_any_file_name(string name, string encoded)
    {
        Assert.Equal(encoded, ApiHeaders.Encode(name));
        Assert.Equal(name, ApiHeaders.Decode(encoded));
    }
}
