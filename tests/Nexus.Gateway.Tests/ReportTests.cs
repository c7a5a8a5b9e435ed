using System.Net.WebSockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Gateway.Catalog;
using Nexus.Gateway.Reporting;
using Nexus.Gateway.Routing;
using Nexus.Gateway.Tests.Harness;
using Nexus.ServiceDefaults.Loops;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class ReportTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_acknowledges_what_it_routes_and_its_report_goes_with_it()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await _catalog.ApplyAsync("worker_pools: { known: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("known", "known-0", a.Port, Token, attempt: 2);
        await using (await StartAsync("known"))
        {
            var report = await WaitForAsync("known", r => r.Destinations.Length == 1, "the acknowledgement");
            Assert.Equal(["known"], report.Pools.Select(p => p.Value));
            Assert.Equal(new GatewayDestination(new("known-0"), 2, true, 0, 0), report.Destinations[0]);
            await _catalog.DeregisterAsync("known-0", Token);
            await _catalog.RegisterAsync("known", "known-1", a.Port, Token);
            await WaitForAsync("known", r => r.Destinations is [{ Allocation.Value: "known-1" }], "the next acknowledgement");
        }

        Assert.Null(await consul.Client.Kv.GetAsync(StateKeys.GatewayReport("known"), Token));
    }

    [Fact]
    public async Task Requests_at_a_destination_in_maintenance_are_told_until_there_is_none()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        a.Special = async context =>
        {
            entered.TrySetResult();
            await release.Task.WaitAsync(context.RequestAborted);
        };
        await _catalog.ApplyAsync("worker_pools: { inside: { image: x, port: 80, min_replicas: 2, max_replicas: 2 } }", Token);
        await _catalog.RegisterAsync("inside", "inside-a", a.Port, Token);
        await using var gateway = await StartAsync("inside");
        await gateway.WaitForPoolAsync("inside", 1, Token);
        var under = gateway.GetAsync("/", Token);
        await entered.Task.WaitAsync(Token);
        await _catalog.RegisterAsync("inside", "inside-b", b.Port, Token);
        await gateway.WaitForPoolAsync("inside", 2, Token);
        await _catalog.SetMaintenanceAsync("inside-a", enable: true, Token);
        var told = await WaitForAsync("inside", r => Of(r, "inside-a") is { TakesRequests: false }, "the end of new requests");
        Assert.Equal(1, Of(told, "inside-a")!.InFlight);
        Assert.Equal("b /", await gateway.GetAsync("/", Token));
        release.SetResult();
        await WaitForAsync("inside", r => Of(r, "inside-a") is { TakesRequests: false, InFlight: 0 }, "the last request's end");
        await under;
    }

    [Fact]
    public async Task WebSockets_are_counted_apart()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await _catalog.ApplyAsync("worker_pools: { sockets: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("sockets", "sockets-a", a.Port, Token);
        await using var gateway = await StartAsync("sockets");
        await gateway.WaitForPoolAsync("sockets", 1, Token);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Client.BaseAddress!.Port}/ws"), Token);
        await _catalog.SetMaintenanceAsync("sockets-a", enable: true, Token);
        await WaitForAsync("sockets", r => Of(r, "sockets-a") is { InFlight: 0, WebSockets: 1, TakesRequests: false }, "one WebSocket");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await WaitForAsync("sockets", r => Of(r, "sockets-a") is { InFlight: 0, WebSockets: 0, TakesRequests: false }, "no WebSocket");
    }

    [Fact]
    public async Task Revisions_side_by_side_are_compared()
    {
        await using var good = await Replica.StartAsync("good", Token);
        await using var bad = await Replica.StartAsync("bad", Token);
        bad.Special = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await _catalog.ApplyAsync("worker_pools: { compared: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("compared", "compared-0", good.Port, Token, revision: "r1");
        await _catalog.RegisterAsync("compared", "compared-1", bad.Port, Token, revision: "r2");
        await using var gateway = await StartAsync("compared");
        await gateway.WaitForPoolAsync("compared", 2, Token);
        for (var i = 0; i < 20; i++)
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        }

        var report = await WaitForAsync("compared", r => r.Traffic.Sum(t => t.Requests) == 20, "twenty requests");
        Assert.Equal(["r1 10 0", "r2 10 10"], report.Traffic.Select(t => $"{t.Revision} {t.Requests} {t.Failures}"));
        Assert.All(report.Traffic, t => Assert.InRange(t.P95Milliseconds, 0.1, 20_000));
        await _catalog.DeregisterAsync("compared-1", Token);
        await WaitForAsync("compared", r => r.Traffic.IsEmpty, "the end of the comparison");
    }

    [Fact]
    public async Task A_node_that_Consul_hears_nothing_of_is_vouched_for_while_its_replicas_answer()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await _catalog.ApplyAsync("worker_pools: { vouched: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("vouched", "vouched-0", a.Port, Token, node: "silent");
        await consul.Client.Agent.RegisterServiceAsync(
            new ServiceRegistration
            {
                Id = "worker-silent",
                Name = CatalogNames.Worker,
                Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [CatalogNames.MetaNode] = "silent" },
                Checks = [new TtlCheck { CheckId = "worker-silent", Ttl = TimeSpan.FromHours(1), InitialStatus = CheckStatus.Critical }],
            },
            Token);
        await using var gateway = await StartAsync("vouched");
        await WaitForAsync("vouched", r => r.Nodes is [{ Node.Value: "silent", Reachable: true }], "the witness");
        await a.KillAsync();
        await WaitForAsync("vouched", r => r.Nodes is [{ Node.Value: "silent", Reachable: false }], "the witness's end");
        await consul.Client.Agent.UpdateTtlAsync("worker-silent", CheckStatus.Passing, "", Token);
        await WaitForAsync("vouched", r => r.Nodes.IsEmpty, "the end of the doubt");
    }

    [Fact]
    public async Task A_lost_session_is_replaced_and_the_report_with_it()
    {
        await _catalog.ApplyAsync("worker_pools: { lost: { image: x, port: 80 } }", Token);
        await using var gateway = await StartAsync("lost");
        await WaitForAsync("lost", _ => true, "the first report");
        var first = (await consul.Client.Kv.GetAsync(StateKeys.GatewayReport("lost"), Token))!.Session!;
        await consul.Client.Sessions.DestroyAsync(first, Token);
        await foreach (var seen in consul.Client.Kv.WatchAsync(StateKeys.GatewayReport("lost"), null, Token))
        {
            if (seen.Value?.Session is { } second && second != first)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task A_gateway_names_itself_in_the_catalog()
    {
        await using var gateway = await StartAsync("named");
        await foreach (var listed in consul.Client.Health.WatchServiceAsync(CatalogNames.Gateway, null, Token))
        {
            if (listed.Value.FirstOrDefault(e => e.Service.Id == "nexus-gateway-named") is { } entry)
            {
                Assert.Equal("named", entry.Service.Meta["name"]);
                Assert.Equal(Environment.ProcessId.ToString(), entry.Service.Meta["pid"]);
                Assert.Equal(Environment.MachineName, entry.Service.Meta["host"]);
                Assert.Equal(gateway.Client.BaseAddress, new Uri(entry.Service.Meta[CatalogNames.MetaTraffic]));
                Assert.Equal(gateway.Admin.BaseAddress, new Uri(entry.Service.Meta["api"]));
                return;
            }
        }
    }

    [Fact]
    public async Task A_gateway_that_starts_while_Consul_is_away_is_no_less_alive()
    {
        var time = new FakeTimeProvider();
        var heartbeats = new LoopHeartbeats(time);
        var routing = new RoutingState();
        using var registration = new GatewayRegistration(
            consul.Client, routing, Options.Create(new GatewayOptions { Name = "alone" }), new ConfigurationBuilder().Build(), time);
        using var loop = new ReportLoop(
            consul.Client, registration, composer: null!, routing, new ReportSignal(), heartbeats, time, NullLogger<ReportLoop>.Instance);
        await loop.StartAsync(Token);
        await Eventually.TrueAsync(() => heartbeats.Count == 1, "the loop's first sign of life");

        // Nobody starts the registration, so the catalog never lists this gateway, and nothing is ever composed.
        time.Advance(TimeSpan.FromMinutes(3));
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return heartbeats.FindStale().IsEmpty;
            }, "a sign of life of the loop that waits");
        await loop.StopAsync(Token);
    }

    private static GatewayDestination? Of(GatewayReport report, string allocation) =>
        report.Destinations.FirstOrDefault(d => d.Allocation.Value == allocation);

    private Task<GatewayUnderTest> StartAsync(string name) =>
        GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, $"--Gateway:Name={name}");

    private async Task<GatewayReport> WaitForAsync(string gateway, Func<GatewayReport, bool> wanted, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        GatewayReport? last = null;
        try
        {
            await foreach (var seen in consul.Client.Kv.WatchAsync(StateKeys.GatewayReport(gateway), null, limit.Token))
            {
                last = seen.Value is { } pair ? StateJson.Read(pair.Key, pair.Value, StateJson.Default.GatewayReport) : null;
                if (last is not null && wanted(last))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"{what} was not reported; the last report is {last} {string.Join(' ', last?.Destinations ?? [])}");
    }
}
