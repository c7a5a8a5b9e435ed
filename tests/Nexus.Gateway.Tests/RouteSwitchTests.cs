using System.Collections.Immutable;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Api.State;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Reporting;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>What the leader's record of routes does to traffic.</summary>
public sealed class RouteSwitchTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_route_moves_by_the_record_without_a_failed_request_and_the_old_pool_is_drained()
    {
        await using var old = await Replica.StartAsync("old", Token);
        await using var fresh = await Replica.StartAsync("fresh", Token);
        await _catalog.ApplyAsync("worker_pools: { old: { image: x, port: 80, drain: { timeout: 2s, websocket_window: 100ms } } }", Token);
        await _catalog.SetRoutesAsync(Record(1, "old"), Token);
        await _catalog.RegisterAsync("old", "old-1", old.Port, Token);
        await using var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token);
        await gateway.WaitForPoolAsync("old", 1, Token);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Client.BaseAddress!.Port}/ws"), Token);
        await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
        Assert.Equal("old /", await gateway.GetAsync("/", Token));

        // The spec has another pool now, whose replicas come up; the record still leads to the old one.
        await _catalog.ApplyAsync("worker_pools: { fresh: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("fresh", "fresh-1", fresh.Port, Token);
        await gateway.WaitForPoolAsync("fresh", 1, Token);
        Assert.Equal("old /", await gateway.GetAsync("/", Token));
        Assert.Equal(["fresh", "old"], gateway.Service<ReportComposer>().Compose().Pools.Select(p => p.Value));
        Assert.False(Report(gateway, "fresh-1")!.TakesRequests);

        using var stop = new CancellationTokenSource();
        var load = LoadAsync(gateway, stop.Token);
        await _catalog.SetRoutesAsync(Record(2, "fresh"), Token);
        await gateway.WaitForAsync(s => s.RoutesRevision == 2, "the second record", Token);
        Assert.Equal("fresh /", await gateway.GetAsync("/", Token));
        Assert.Equal((false, 1), (Report(gateway, "old-1")!.TakesRequests, Report(gateway, "old-1")!.WebSockets));
        await stop.CancelAsync();
        Assert.Empty(await load);

        // Its agent takes the old one out of service: the client is told so.
        await _catalog.SetMaintenanceAsync("old-1", enable: true, Token);
        var received = await ReceiveCloseAsync(socket);
        Assert.Equal(1001, received);
        await gateway.WaitForAsync(s => s.Find(new PoolName("old")) is null, "nothing more is known of the old pool", Token);
        Assert.Null(Report(gateway, "old-1"));
        await _catalog.Consul.Kv.DeleteAsync(StateKeys.Routes, Token);
        Assert.Equal("fresh /", await gateway.GetAsync("/", Token));
    }

    [Theory]
    [InlineData(2000, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1000, HttpStatusCode.OK)]
    public async Task A_request_whose_route_moves_before_it_is_sent_gets_the_limits_of_the_new_one(int size, HttpStatusCode expected)
    {
        await using var fresh = await Replica.StartAsync("later", Token);
        var gate = new MatchGate();
        await _catalog.ApplyAsync("worker_pools: { former: { image: x, port: 80 }, later: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("later", "later-1", fresh.Port, Token);
        await _catalog.SetRoutesAsync(Moving(1, "former", 10), Token);
        await using var gateway = await GatewayUnderTest.StartAsync(
            consul.Server.Address, services => services.AddSingleton<IStartupFilter>(gate), Token);
        await gateway.WaitForAsync(s => s.RoutesRevision == 1, "the first record", Token);

        var answering = gateway.Client.PostAsync(new Uri("/count", UriKind.Relative), new ByteArrayContent(new byte[size]), Token);
        await gate.Matched.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
        await _catalog.SetRoutesAsync(Moving(2, "later", 1500), Token);
        await gateway.WaitForAsync(
            s => s.RoutesRevision == 2 && s.Find(new PoolName("later")) is { } later && later.InRotation.Any(), "the second record", Token);
        gate.Open.Set();

        using var answer = await answering;
        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains(expected == HttpStatusCode.OK ? $"{size}" : "exceeds 1500 bytes", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        await _catalog.Consul.Kv.DeleteAsync(StateKeys.Routes, Token);
    }

    private static RoutesRecord Moving(long revision, string pool, long most) => new()
    {
        Revision = revision,
        SpecRevision = revision,
        Routes = [new Route(null, "/", false, new PoolName(pool)) { MaxBodyBytes = most }],
    };

    private static RoutesRecord Record(long revision, string pool) =>
        new() { Revision = revision, SpecRevision = revision, Routes = [new Route(null, "/", false, new PoolName(pool))] };

    private static Core.State.GatewayDestination? Report(GatewayUnderTest gateway, string allocation) =>
        gateway.Service<ReportComposer>().Compose().Destinations.FirstOrDefault(d => d.Allocation.Value == allocation);

    private static async Task<ImmutableArray<string>> LoadAsync(GatewayUnderTest gateway, CancellationToken stop)
    {
        var failures = ImmutableArray.CreateBuilder<string>();
        while (!stop.IsCancellationRequested)
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
            if (!answer.IsSuccessStatusCode)
            {
                failures.Add(await answer.Content.ReadAsStringAsync(Token));
            }
        }

        return failures.ToImmutable();
    }

    private static async Task<int> ReceiveCloseAsync(ClientWebSocket socket)
    {
        var buffer = new byte[100];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), Token);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, Token);
                return (int?)socket.CloseStatus ?? 0;
            }
        }
    }

    /// <summary>Holds up a request between the choice of its route and the choice of a replica: there the server's own limit of bodies is set.</summary>
    private sealed class MatchGate : IStartupFilter
    {
        public TaskCompletionSource Matched { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Open { get; } = new();

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                context.Features.Set<IHttpMaxRequestBodySizeFeature>(new Feature(this));
                return following(context);
            });
            next(app);
        };

        private sealed class Feature(MatchGate gate) : IHttpMaxRequestBodySizeFeature
        {
            public bool IsReadOnly => false;

            public long? MaxRequestBodySize
            {
                get => null;
                set
                {
                    gate.Matched.TrySetResult();
                    gate.Open.Wait(TimeSpan.FromSeconds(20), Token);
                }
            }
        }
    }
}
