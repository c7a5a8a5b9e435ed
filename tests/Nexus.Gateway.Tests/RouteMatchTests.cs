using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using Nexus.Api.State;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Reporting;
using Nexus.Gateway.Routing;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>Which requests a route takes, as a client on the wire sees it.</summary>
public sealed class RouteMatchTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Paths_have_case_and_hosts_have_none()
    {
        await using var lower = await Replica.StartAsync("lower", Token);
        await using var upper = await Replica.StartAsync("upper", Token);
        await _catalog.ApplyAsync(
            """
            worker_pools: { lower: { image: x, port: 80 }, upper: { image: x, port: 80 } }
            gateway:
              routes:
                - { path: /, pool: lower }
                - { path: /cart, pool: lower }
                - { path: /CART, pool: upper }
                - { path: /a%2Fb, pool: upper }
                - { path: "/o(1)'s~x,y;z=@", pool: upper }
                - { host: Upper.Example, pool: upper }
                - { host: "*.upper.example", pool: upper }
            """,
            Token);
        await _catalog.RegisterAsync("lower", "lower-1", lower.Port, Token);
        await _catalog.RegisterAsync("upper", "upper-1", upper.Port, Token);
        await using var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token);
        await gateway.WaitForPoolAsync("upper", 1, Token);
        await gateway.WaitForPoolAsync("lower", 1, Token);

        Assert.Empty(gateway.Routing.Current.Refused);
        Assert.Empty(gateway.Service<ProxyRoutes>().Refused);
        Assert.Equal("lower", await WhoAsync(gateway, "any", "/cart"));
        Assert.Equal("lower", await WhoAsync(gateway, "any", "/cart/1"));
        Assert.Equal("upper", await WhoAsync(gateway, "any", "/CART"));
        Assert.Equal("upper", await WhoAsync(gateway, "any", "/CART/1"));
        Assert.Equal("upper", await WhoAsync(gateway, "any", "/%43ART?x=/cart"));
        Assert.Equal("lower", await WhoAsync(gateway, "any", "/Cart"));
        Assert.Equal("lower", await WhoAsync(gateway, "any", "/CARTS"));
        Assert.Equal("upper", await WhoAsync(gateway, "any", "/a%2fb/c"));
        Assert.Equal("lower", await WhoAsync(gateway, "any", "/a/b"));
        Assert.StartsWith("HTTP/1.1 400 ", await WhoAsync(gateway, "any", "/CART/../cart")); // Of two routes, by who reads it.
        Assert.Equal("upper", await WhoAsync(gateway, "any", "/o(1)'s~x,y;z=@/1"));
        Assert.Equal("upper", await WhoAsync(gateway, "upper.EXAMPLE:8080", "/cart"));
        Assert.Equal("upper", await WhoAsync(gateway, "upper.example.", "/cart"));
        Assert.Equal("upper", await WhoAsync(gateway, "x.y.upper.example", "/cart"));
        Assert.Equal("upper", await WhoAsync(gateway, "any", "http://any/CART"));
    }

    [Fact]
    public async Task A_route_that_cannot_be_applied_is_left_out_and_the_rest_goes_on()
    {
        await using var web = await Replica.StartAsync("web", Token);
        await _catalog.ApplyAsync("worker_pools: { web: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("web", "web-7", web.Port, Token);
        ImmutableArray<Route> routes =
        [
            new(null, "/", false, new PoolName("web")), new(null, "/x y", false, new PoolName("web")), new(null, "/", false, new PoolName("other")),
            new(null, "/ok", false, new PoolName("web")),
        ];
        await _catalog.SetRoutesAsync(new RoutesRecord { Revision = 7, SpecRevision = 1, Routes = routes }, Token);
        await using var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token);
        await gateway.WaitForPoolAsync("web", 1, Token);

        Assert.Equal("web", await WhoAsync(gateway, "any", "/ok"));
        var report = gateway.Service<ReportComposer>().Compose();
        Assert.Equal(7, report.RoutesRevision);
        Assert.Equal(["/x y", "/"], report.Refused.Select(r => r.Route));
        Assert.Contains(gateway.Log, entry => entry.Id.Id == 6004 && entry.Text.Contains("Route /x y to pool web is left out", StringComparison.Ordinal));
        await _catalog.Consul.Kv.DeleteAsync(StateKeys.Routes, Token);
    }

    private static async Task<string> WhoAsync(GatewayUnderTest gateway, string host, string target)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", gateway.Client.BaseAddress!.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(Token);
        var at = answer.IndexOf("X-Replica: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? answer : answer[(at + "X-Replica: ".Length)..answer.IndexOf('\r', at)];
    }
}
