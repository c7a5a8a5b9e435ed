using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class RoutingTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_go_by_host_and_path_to_the_replicas_in_turn()
    {
        await using var shop1 = await Replica.StartAsync("shop-1", Token);
        await using var shop2 = await Replica.StartAsync("shop-2", Token);
        await using var api = await Replica.StartAsync("api-1", Token);
        await _catalog.ApplyAsync(
            """
            worker_pools:
              shop: { image: x, port: 80, min_replicas: 2, max_replicas: 2 }
              api: { image: x, port: 80 }
            gateway:
              routes:
                - { path: /, pool: shop }
                - { path: /api, pool: api, strip_prefix: true }
                - { host: api.example.com, path: /, pool: api }
            """,
            Token);
        await _catalog.RegisterAsync("shop", "shop-1", shop1.Port, Token);
        await _catalog.RegisterAsync("shop", "shop-2", shop2.Port, Token);
        await _catalog.RegisterAsync("api", "api-1", api.Port, Token);
        await using var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token);
        await gateway.WaitForPoolAsync("shop", 2, Token);
        await gateway.WaitForPoolAsync("api", 1, Token);

        string[] answers = [await gateway.GetAsync("/a", Token), await gateway.GetAsync("/a", Token)];
        Assert.Equal(["shop-1 /a", "shop-2 /a"], answers.Order(StringComparer.Ordinal));
        Assert.Equal("api-1 /v1", await gateway.GetAsync("/api/v1", Token));
        Assert.Equal("api-1 /", await gateway.GetAsync("/api", Token));
        Assert.StartsWith("shop-", await gateway.GetAsync("/apiary", Token), StringComparison.Ordinal);
        using var byHost = new HttpRequestMessage(HttpMethod.Get, "/api/v1") { Headers = { Host = "api.example.com" } };
        using var answer = await gateway.Client.SendAsync(byHost, Token);
        Assert.Equal("api-1 /api/v1", await answer.Content.ReadAsStringAsync(Token));
    }
}
