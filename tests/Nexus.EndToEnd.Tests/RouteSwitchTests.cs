using System.Net.WebSockets;
using Nexus.Api.V1;
using Nexus.Testing;

namespace Nexus.EndToEnd.Tests;

/// <summary>A spec that moves a route to another pool, on containers under load.</summary>
public sealed class RouteSwitchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_route_moves_without_a_failed_request_and_stays_where_its_new_pool_never_serves()
    {
        await using var cluster = await RunningCluster.StartAsync(Spec("web", Pool("web")), Token, "--runtime", "docker");
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);
        using var socket = await OpenAsync(cluster);

        await A_renamed_pool_takes_over(cluster, socket);
        await A_pool_takes_over_that_comes_with_its_route(cluster);
        await A_pool_that_never_serves_gets_nothing(cluster);
        await load.AssertNoneFailedAsync();
        await Metrics_are_named_as_Prometheus_asks(cluster);
    }

    private static async Task A_renamed_pool_takes_over(RunningCluster cluster, ClientWebSocket socket)
    {
        await cluster.ApplyAsync(Spec("shop", Pool("shop")), Token);

        var closed = ReceiveCloseAsync(socket);
        await cluster.UntilAsync(
            s => s.Pools.Length == 1 && s.Allocations.All(a => a.Pool == "shop") && s.Routes.IsEmpty, "nothing but shop", Token);
        Assert.Equal("shop", (await cluster.WhoAmIAsync("/whoami", Token)).Pool);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await closed.WaitAsync(Limit, TimeProvider.System, Token)); // 1001, and no cut.
    }

    private static async Task A_pool_takes_over_that_comes_with_its_route(RunningCluster cluster)
    {
        using var socket = await OpenAsync(cluster);

        await cluster.ApplyAsync(Spec("fresh", Pool("shop") + Pool("fresh")), Token);

        await cluster.UntilAsync(s => s.Routes.IsEmpty && s.Pools.Single(p => p.Name == "fresh").Healthy == 2, "fresh serves", Token);
        Assert.Equal("fresh", (await cluster.WhoAmIAsync("/whoami", Token)).Pool);
        Assert.Equal("shop", await EchoAsync(socket, "shop")); // That pool is still in the spec, and so is its connection.
    }

    private static async Task A_pool_that_never_serves_gets_nothing(RunningCluster cluster)
    {
        await cluster.ApplyAsync(Spec("sick", Pool("shop") + Pool("fresh") + Pool("sick", health: "/nowhere")), Token);

        var status = await cluster.UntilAsync(
            s => s.Routes is [{ State: RouteState.NotSwitched }], "the route is given up after progress_deadline", Token);
        var route = Assert.Single(status.Routes);
        Assert.Equal(("sick", "fresh"), (route.Pool, route.Serving));
        Assert.Contains("'sick'", route.Reason, StringComparison.Ordinal);
        var shown = await cluster.NexusAsync(Token, "status");
        Assert.Contains(route.Reason, string.Join(' ', shown.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal("fresh", (await cluster.WhoAmIAsync("/whoami", Token)).Pool);
    }

    private static async Task Metrics_are_named_as_Prometheus_asks(RunningCluster cluster)
    {
        foreach (var client in new[] { cluster.GatewayAdmin, cluster.Api, cluster.Worker })
        {
            Assert.Empty(await PrometheusNames.CheckAsync(await client.GetStringAsync("/metrics", Token), Token));
        }
    }

    private static async Task<ClientWebSocket> OpenAsync(RunningCluster cluster)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(cluster.Gateway.BaseAddress!) { Scheme = "ws", Path = "/ws" }.Uri, Token);
        Assert.Equal("hello", await EchoAsync(socket, "hello"));
        return socket;
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Token);
        var buffer = new byte[100];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), Token);
        return System.Text.Encoding.ASCII.GetString(buffer, 0, got.Count);
    }

    private static async Task<WebSocketCloseStatus?> ReceiveCloseAsync(ClientWebSocket socket)
    {
        var buffer = new byte[100];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        return socket.CloseStatus;
    }

    private static string Spec(string serving, string pools) => $$"""
        cluster: e2e
        worker_pools:
        {{pools.TrimEnd()}}
        gateway:
          routes:
            - { path: /, pool: {{serving}} }
        """;

    private static string Pool(string name, string health = "/health") => $$"""
          {{name}}:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: 2
            resources: { cpu: 0.2, memory: 160MB }
            health: { path: {{health}}, interval: 1s }
            drain: { timeout: 2s, stop_timeout: 3s, websocket_window: 500ms }
            rollout: { progress_deadline: 10s }

        """;
}
