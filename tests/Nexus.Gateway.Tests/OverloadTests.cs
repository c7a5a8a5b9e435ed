using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Limits;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>A gateway with more to do than it can refuses part of it, blames no replica, and serves the rest.</summary>
public sealed class OverloadTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_above_the_limit_are_answered_503_at_once_and_the_admin_port_answers()
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token);
        var go = new TaskCompletionSource();
        using var arrived = new SemaphoreSlim(0);
        replica.OnSlow = () =>
        {
            arrived.Release();
            return go.Task;
        };
        await using var gateway = await StartAsync("full", replica.Port, "--Gateway:Limits:Requests=2");
        Task<HttpResponseMessage>[] under = [SlowAsync(gateway), SlowAsync(gateway)];
        await arrived.WaitAsync(Token);
        await arrived.WaitAsync(Token);

        using var third = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        using var health = await gateway.Admin.GetAsync(new Uri("/health", UriKind.Relative), Token);
        go.SetResult();
        foreach (var request in under)
        {
            using var answer = await request;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter?.Delta);
        Assert.Equal(
            "503 Service Unavailable: this gateway is overloaded: 2 requests are under way, its limit.\n", await third.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains("overloaded", refusals.Reasons);
        Assert.StartsWith("a", await gateway.GetAsync("/", Token));
    }

    [Fact]
    public async Task While_work_waits_too_long_for_a_thread_new_requests_are_answered_503()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("late", replica.Port, "--Gateway:Limits:SchedulingDelay=00:01:00");
        var delay = gateway.Service<SchedulingDelay>();
        await delay.StopAsync(Token); // Its own measurements would end what is made up here.

        Note(TimeSpan.FromHours(2), SchedulingDelay.Row - 1);
        Assert.StartsWith("a", await gateway.GetAsync("/", Token));
        Note(TimeSpan.FromHours(2), 1);
        using var refused = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Note(TimeSpan.Zero, 1);
        Assert.StartsWith("a", await gateway.GetAsync("/", Token));
        Assert.Contains(gateway.Log, entry => entry.Id == 6080);
        Assert.Contains(gateway.Log, entry => entry.Id == 6081 && entry.Text.Contains("1 requests", StringComparison.Ordinal));

        void Note(TimeSpan each, int times)
        {
            for (var i = 0; i < times; i++)
            {
                delay.Note(each);
            }
        }
    }

    [Fact]
    public void One_pause_of_the_machine_is_no_overload_and_zero_is_no_limit()
    {
        Assert.False(Measured(TimeSpan.FromMilliseconds(500), 10_000));
        Assert.False(Measured(TimeSpan.FromMilliseconds(500), 600, 0, 600, 0, 600));
        Assert.False(Measured(TimeSpan.FromMilliseconds(500), 499, 499, 499));
        Assert.True(Measured(TimeSpan.FromMilliseconds(500), 500, 500, 500));
        Assert.False(Measured(TimeSpan.FromMilliseconds(500), 500, 500, 500, 499));
        Assert.False(Measured(TimeSpan.Zero, 10_000, 10_000, 10_000));
    }

    [Fact]
    public async Task A_connection_that_was_made_before_anybody_looked_is_not_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        using var socket = await ReplicaConnector.ConnectAsync(listener.LocalEndpoint, TimeSpan.Zero, TimeProvider.System, Token);

        Assert.True(socket.Connected);
    }

    [Fact]
    public async Task A_replica_that_refuses_or_does_not_accept_in_time_is_told_so()
    {
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = await ReplicaConnector.ConnectAsync(full.LocalEndPoint!, TimeSpan.FromSeconds(5), TimeProvider.System, Token);

        // Linux lets one more in than the backlog says; further ones wait.
        var late = await Assert.ThrowsAsync<SocketException>(() => ReplicaConnector.ConnectAsync(
            full.LocalEndPoint!, TimeSpan.FromMilliseconds(50), TimeProvider.System, Token));
        var refused = await Assert.ThrowsAsync<SocketException>(() => ReplicaConnector.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, FreePort.Next()), TimeSpan.FromSeconds(5), TimeProvider.System, Token));

        Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Theory]
    [InlineData("Max open files            20000                20000                files     ", 20_000)]
    [InlineData("Max open files            1024                 unlimited            files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", 1_000_000)]
    [InlineData("Max processes             4096                 4096                 processes ", 1_000_000)]
    public void The_limit_of_open_files_is_the_soft_one(string line, int limit) => Assert.Equal(limit, OpenFiles.Read(["Limit  Soft Limit", line]));

    [Theory]
    [InlineData(65_536)]
    [InlineData(20_000)]
    [InlineData(1024)]
    public void Clients_and_replicas_together_leave_files_for_the_rest(int limit) =>
        Assert.InRange(OpenFiles.ForClients(limit) + OpenFiles.ForReplicas(limit), limit / 2, limit - 200);

    private static bool Measured(TimeSpan limit, params int[] milliseconds)
    {
        var options = Microsoft.Extensions.Options.Options.Create(new GatewayOptions());
        options.Value.Limits.SchedulingDelay = limit;
        using var delay = new SchedulingDelay(options, TimeProvider.System, NullLogger<SchedulingDelay>.Instance);
        foreach (var each in milliseconds)
        {
            delay.Note(TimeSpan.FromMilliseconds(each));
        }

        return delay.IsTooLong;
    }

    private static Task<HttpResponseMessage> SlowAsync(GatewayUnderTest gateway) => gateway.Client.GetAsync(new Uri("/slow", UriKind.Relative), Token);

    private async Task<GatewayUnderTest> StartAsync(string pool, int port, params string[] options)
    {
        await _catalog.ApplyAsync(
            $$"""
            worker_pools: { {{pool}}: { image: x, port: 80, min_replicas: 1 } }
            gateway: { routes: [ { path: /, pool: {{pool}} } ] }
            """,
            Token);
        await _catalog.RegisterAsync(pool, pool + "-1", port, Token);
        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, options);
        await gateway.WaitForPoolAsync(pool, 1, Token);
        return gateway;
    }
}
