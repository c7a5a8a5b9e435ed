using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class ForwardingTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private const string Spec = "worker_pools: { POOL: { image: x, port: 80, min_replicas: 2, max_replicas: 9 } }";

    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WebSockets_pass_through()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("sockets", replica.Port);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Client.BaseAddress!.Port}/ws"), Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, Token);
        var buffer = new byte[100];
        var got = await socket.ReceiveAsync(buffer, Token);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, got.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        Assert.Equal("bye", socket.CloseStatusDescription);
    }

    [Fact]
    public async Task An_answer_streams_without_waiting_for_its_end()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        replica.Special = async context =>
        {
            await context.Response.WriteAsync("first", Token);
            await context.Response.Body.FlushAsync(Token);
            await more.Task.WaitAsync(Token);
            await context.Response.WriteAsync("second", Token);
        };
        await using var gateway = await StartAsync("streams", replica.Port);
        await using var body = await gateway.Client.GetStreamAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal("first", await ReadAsync(body));
        more.SetResult();
        Assert.Equal("second", await ReadAsync(body));
        Assert.Equal("", await ReadAsync(body));

        static async Task<string> ReadAsync(Stream stream)
        {
            var buffer = new byte[100];
            return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, Token));
        }
    }

    [Fact]
    public async Task A_body_may_be_as_large_as_the_replica_takes_it()
    {
        const int size = 40 << 20;
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("large", replica.Port);
        using var content = new ByteArrayContent(new byte[size]);
        using var answer = await gateway.Client.PostAsync(new Uri("/count", UriKind.Relative), content, Token);
        Assert.Equal(size.ToString(), await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Replicas_learn_who_asks_and_clients_get_safe_headers()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("headers", replica.Port);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/seen")
        {
            Headers = { { "X-Forwarded-For", "6.6.6.6" }, { "X-Forwarded-Proto", "https" }, { "traceparent", "00-1-2-01" }, { "Host", "shop.example.com" } },
        };
        using var answer = await gateway.Client.SendAsync(request, Token);
        var seen = (await answer.Content.ReadAsStringAsync(Token)).Split('\n');
        Assert.Contains("X-Forwarded-For: 127.0.0.1", seen);
        Assert.Contains("X-Forwarded-Proto: http", seen);
        Assert.Contains("X-Forwarded-Host: shop.example.com", seen);
        Assert.Contains("Host: shop.example.com", seen);
        Assert.Contains("traceparent: 00-1-2-01", seen);
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Contains("object-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);

        replica.Special = context =>
        {
            context.Response.Headers.XFrameOptions = "SAMEORIGIN";
            context.Response.Headers.Server = "secret/1.0";
            return Task.CompletedTask;
        };
        using var own = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal("SAMEORIGIN", own.Headers.GetValues("X-Frame-Options").Single());
        Assert.False(own.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_trusted_proxy_speaks_for_its_client()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("trusted", [replica.Port], "--Gateway:TrustedProxies:0=127.0.0.0/8");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/seen")
        {
            Headers = { { "X-Forwarded-For", "6.6.6.6, 10.1.2.3" }, { "X-Forwarded-Proto", "https" }, { "Host", "shop.example.com" } },
        };
        using var answer = await gateway.Client.SendAsync(request, Token);
        var seen = (await answer.Content.ReadAsStringAsync(Token)).Split('\n');
        Assert.Contains("X-Forwarded-For: 10.1.2.3", seen);
        Assert.Contains("X-Forwarded-Proto: https", seen);
        Assert.Contains("max-age=", answer.Headers.GetValues("Strict-Transport-Security").Single(), StringComparison.Ordinal);
    }

    private Task<GatewayUnderTest> StartAsync(string pool, params int[] ports) => StartAsync(pool, ports, more: []);

    private async Task<GatewayUnderTest> StartAsync(string pool, int[] ports, params string[] more)
    {
        await _catalog.ApplyAsync(Spec.Replace("POOL", pool, StringComparison.Ordinal), Token);
        for (var i = 0; i < ports.Length; i++)
        {
            await _catalog.RegisterAsync(pool, $"{pool}-{i}", ports[i], Token);
        }

        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, more);
        await gateway.WaitForPoolAsync(pool, ports.Length, Token);
        return gateway;
    }
}
