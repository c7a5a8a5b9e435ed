using System.Net;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class LastKnownGoodTests
{
    private const string Spec =
        "worker_pools: { web: { image: x, port: 80, min_replicas: 2, max_replicas: 2, health: { path: /health, interval: 200ms, timeout: 200ms } } }";

    private static readonly Uri Nobody = new($"http://127.0.0.1:{FreePort.Next()}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_serves_on_while_Consul_is_away_and_starts_without_it()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await FillAsync(consul, a.Port, b.Port);
        var folder = Directory.CreateTempSubdirectory("nexus-gateway-").FullName;
        try
        {
            await using (var first = await GatewayUnderTest.StartAsync(consul.Address, Token, folder))
            {
                await first.WaitForPoolAsync("web", 2, Token);
                await consul.KillAsync();
                await first.WaitForAsync(s => s.Pools[0].Trust == PoolTrust.LastKnown, "doubt", Token);
                Assert.EndsWith(" /", await first.GetAsync("/", Token), StringComparison.Ordinal);
                await FileIsThereAsync(folder);
            }

            await a.KillAsync();
            await using var second = await GatewayUnderTest.StartAsync(consul.Address, Token, folder);
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal("b /", await second.GetAsync("/", Token));
            }

            Assert.Contains("Degraded", await second.GetAsync("/.nexus/health", Token), StringComparison.Ordinal);

            // Nobody else asks after the replicas now, so the gateway does.
            await a.StartAgainAsync(Token, samePort: true);
            var ejections = second.Service<EjectionBook>();
            await Eventually.TrueAsync(() => ejections.IsEmpty, "trust in a");
            a.Special = context =>
            {
                context.Response.StatusCode = context.Request.Path == "/health" ? 500 : 200;
                return Task.CompletedTask;
            };
            await Eventually.TrueAsync(() => ejections.Find("web-0") is { Reason: EjectionReason.ProbeFailed }, "the ejection of a by probes");

            // A restarted agent calls its TTL checks critical until it is told otherwise, which must not empty the pool either.
            await consul.RestartAsync(Token);
            using var client = consul.CreateClient();
            foreach (var allocation in new[] { "web-0", "web-1" })
            {
                await new TestCatalog(client).SetStatusAsync(allocation, CheckStatus.Passing, Token);
            }

            await second.WaitForAsync(s => s.Pools[0].Trust == PoolTrust.Current, "Consul's word", Token);
            await second.WaitForPoolAsync("web", 2, Token);
            Assert.True(ejections.IsEmpty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_Consul_that_lost_its_memory_empties_no_pool()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await FillAsync(consul, a.Port, b.Port);
        await using var gateway = await GatewayUnderTest.StartAsync(consul.Address, Token);
        await gateway.WaitForPoolAsync("web", 2, Token);
        await consul.RestartEmptyAsync(Token);

        // The gateway registers itself again, and only then has surely read the empty catalog's pool too.
        using var client = consul.CreateClient();
        await client.Agent.RegisterServiceAsync(new() { Id = "stranger", Name = "web", Port = 1 }, Token);
        await gateway.WaitForAsync(s => s.Pools[0].Trust == PoolTrust.LastKnown, "doubt", Token);
        Assert.Equal(2, gateway.Routing.Current.Find(new PoolName("web"))!.InRotation.Count());
        string[] answers = [await gateway.GetAsync("/", Token), await gateway.GetAsync("/", Token)];
        Assert.Equal(["a /", "b /"], answers.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("nexus-routing 1 0000\n{}", "checksum")]
    [InlineData("not ours at all", "does not begin with")]
    public async Task A_corrupt_file_is_refused_with_a_message(string content, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("nexus-gateway-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "routing-test.json"), content, Token);
            await using var gateway = await GatewayUnderTest.StartAsync(Nobody, Token, folder);
            Assert.Contains(gateway.Log, entry => entry.Id.Id == 6031 && entry.Text.Contains(reason, StringComparison.Ordinal));
            using var refused = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            using var health = await gateway.Admin.GetAsync(new Uri("/health", UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_state_directory_that_cannot_be_written_is_one_message_and_routing_goes_on()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var a = await Replica.StartAsync("a", Token);
        await FillAsync(consul, a.Port);
        var file = Path.GetTempFileName();
        try
        {
            await using var gateway = await GatewayUnderTest.StartAsync(consul.Address, Token, Path.Combine(file, "inside"));
            await gateway.WaitForPoolAsync("web", 1, Token);
            await Eventually.TrueAsync(() => gateway.Log.Any(entry => entry.Id.Id == 6033), "the message");
            await using var b = await Replica.StartAsync("b", Token);
            using var client = consul.CreateClient();
            await new TestCatalog(client).RegisterAsync("web", "web-1", b.Port, Token);
            await gateway.WaitForPoolAsync("web", 2, Token);
            Assert.Single(gateway.Log, entry => entry.Id.Id == 6033);
            Assert.EndsWith(" /", await gateway.GetAsync("/", Token), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task FillAsync(ConsulServer consul, params int[] ports)
    {
        using var client = consul.CreateClient();
        var catalog = new TestCatalog(client);
        await catalog.ApplyAsync(Spec, Token);
        for (var i = 0; i < ports.Length; i++)
        {
            await catalog.RegisterAsync("web", $"web-{i}", ports[i], Token);
        }
    }

    private static Task FileIsThereAsync(string folder) =>
        Eventually.TrueAsync(() => File.Exists(Path.Combine(folder, "routing-test.json")), "the file");
}
