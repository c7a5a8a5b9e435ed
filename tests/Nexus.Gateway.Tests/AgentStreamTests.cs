using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Gateway.Routing;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class AgentStreamTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_agent_pushes_is_routed_by_before_the_catalog_says_it()
    {
        await using var agent = await FakeAgent.StartAsync("n1", Token);
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await using var next = await Replica.StartAsync("next", Token);
        await consul.Client.Kv.PutAsync(StateKeys.Node(new NodeName("n1")), agent.Record(), Token);
        await using var gateway = await StartAsync("pushed", a, b);
        await Eventually.TrueAsync(() => agent.Connections == 1, "the gateway's connection");

        agent.Say(AllocationChangeKind.Unhealthy, "pushed", "pushed-0");
        await WaitForAsync(gateway, "pushed-0", d => d.Rotation == Rotation.Unhealthy);
        Assert.Equal("b /", await gateway.GetAsync("/", Token));
        agent.Say(AllocationChangeKind.Serving, "pushed", "pushed-0", port: a.Port);
        await WaitForAsync(gateway, "pushed-0", d => d.Rotation == Rotation.In);
        agent.Say(AllocationChangeKind.Draining, "pushed", "pushed-0");
        await WaitForAsync(gateway, "pushed-0", d => d.Rotation == Rotation.Maintenance);
        agent.Say(AllocationChangeKind.Gone, "pushed", "pushed-0");
        await WaitForAsync(gateway, "pushed-0", d => d.Rotation == Rotation.Gone);
        agent.Say(AllocationChangeKind.Serving, "pushed", "pushed-0", attempt: 1, port: next.Port);
        await WaitForAsync(gateway, "pushed-0", d => d is { Rotation: Rotation.In, Attempt: 1 });
        await gateway.GetAsync("/", Token);
        await gateway.GetAsync("/", Token);

        // The catalog's next word on that life goes before what was pushed.
        await _catalog.RegisterAsync("pushed", "pushed-0", next.Port, Token, attempt: 1);
        await _catalog.SetStatusAsync("pushed-0", CheckStatus.Critical, Token);
        await WaitForAsync(gateway, "pushed-0", d => d is { Rotation: Rotation.Unhealthy, Attempt: 1 });
        agent.BreakOff();
        await Eventually.TrueAsync(() => agent.Connections == 2, "the gateway's second connection");
    }

    [Fact]
    public async Task An_agents_news_arrive_while_Consul_is_away_and_after_a_restart_without_it()
    {
        await using var server = await ConsulServer.StartAsync(Token);
        using var client = server.CreateClient();
        await using var agent = await FakeAgent.StartAsync("n1", Token);
        await using var a = await Replica.StartAsync("a", Token);
        await using var next = await Replica.StartAsync("next", Token);
        await client.Kv.PutAsync(StateKeys.Node(new NodeName("n1")), agent.Record(), Token);
        var catalog = new TestCatalog(client);
        await catalog.ApplyAsync("worker_pools: { away: { image: x, port: 80 } }", Token);
        await catalog.RegisterAsync("away", "away-0", a.Port, Token);
        var folder = Directory.CreateTempSubdirectory("nexus-gateway-").FullName;
        try
        {
            await using (var first = await GatewayUnderTest.StartAsync(server.Address, Token, folder))
            {
                await first.WaitForPoolAsync("away", 1, Token);
                await Eventually.TrueAsync(() => agent.Connections == 1, "the gateway's connection");
                await server.KillAsync();
                await first.WaitForAsync(s => s.Pools[0].Trust == PoolTrust.LastKnown, "doubt", Token);
                await a.KillAsync();
                agent.Say(AllocationChangeKind.Gone, "away", "away-0");
                agent.Say(AllocationChangeKind.Serving, "away", "away-0", attempt: 1, port: next.Port);
                await WaitForAsync(first, "away-0", d => d is { Rotation: Rotation.In, Attempt: 1 });
                Assert.Equal("next /", await first.GetAsync("/", Token));
                var file = Path.Combine(folder, "routing-test.json");
                await Eventually.TrueAsync(
                    () => File.Exists(file) && File.ReadAllText(file).Contains("\"attempt\":1", StringComparison.Ordinal), "the file");
            }

            await using var second = await GatewayUnderTest.StartAsync(server.Address, Token, folder);
            Assert.Equal("next /", await second.GetAsync("/", Token));
            await Eventually.TrueAsync(() => agent.Connections >= 2, "the second gateway's connection");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Safe_requests_at_a_destination_that_ends_are_asked_elsewhere()
    {
        await using var agent = await FakeAgent.StartAsync("n2", Token);
        await using var hung = await Replica.StartAsync("hung", Token);
        await using var good = await Replica.StartAsync("good", Token);
        hung.Special = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await consul.Client.Kv.PutAsync(StateKeys.Node(new NodeName("n2")), agent.Record(), Token);
        await using var gateway = await StartAsync("ends", hung, good);
        await Eventually.TrueAsync(() => agent.Connections == 1, "the gateway's connection");
        var asked = Enumerable.Range(0, 8).Select(_ => gateway.GetAsync("/", Token)).ToList();
        await Eventually.TrueAsync(() => hung.Served > 0 && asked.Count(t => t.IsCompleted) + hung.Served == 8, "requests at the hung one");
        agent.Say(AllocationChangeKind.Unhealthy, "ends", "ends-0");
        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal("good /", answer));
    }

    [Fact]
    public async Task Shares_of_a_rollout_are_kept_and_survive_in_the_file()
    {
        await using var blue = await Replica.StartAsync("blue", Token);
        await using var green = await Replica.StartAsync("green", Token);
        await using var gateway = await StartAsync("shares", blue, green);
        await _catalog.RegisterAsync("shares", "shares-0", blue.Port, Token, revision: "blue");
        await _catalog.RegisterAsync("shares", "shares-1", green.Port, Token, revision: "green");
        await WriteAsync(new RevisionWeight(new("blue"), 100), new RevisionWeight(new("green"), 0));
        var known = await gateway.WaitForAsync(s => s.Pools[0] is { Weights.Length: 2 } p && p.Destinations.Count(p.TakesRequests) == 1, "the shares", Token);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("blue /", await gateway.GetAsync("/", Token));
        }

        await WriteAsync(new RevisionWeight(new("blue"), 0), new RevisionWeight(new("green"), 100));
        await gateway.WaitForAsync(s => s.Pools[0].Weights is [_, { Percent: 100 }], "the switch", Token);
        Assert.Equal("green /", await gateway.GetAsync("/", Token));
        gateway.Service<RoutingFile>().Write(known);
        Assert.Equal(known.Pools[0].Weights, gateway.Service<RoutingFile>().TryRead()!.Pools[0].Weights);

        Task WriteAsync(params RevisionWeight[] weights) => consul.Client.Kv.PutAsync(
            StateKeys.RolloutOf(new PoolName("shares")),
            StateJson.Write(
                new RolloutRecord
                {
                    Pool = new PoolName("shares"),
                    Target = new RolloutRevision(new("green"), new PoolTemplate { Image = "x" }, 1),
                    Weights = [.. weights],
                },
                StateJson.Default.RolloutRecord),
            Token);
    }

    private static Task<RoutingSnapshot> WaitForAsync(GatewayUnderTest gateway, string allocation, Func<Destination, bool> wanted) =>
        gateway.WaitForAsync(
            s => s.Pools[0].Destinations.FirstOrDefault(d => d.Id.Value == allocation) is { } found && wanted(found), $"the news of {allocation}", Token);

    private async Task<GatewayUnderTest> StartAsync(string pool, params Replica[] replicas)
    {
        await _catalog.ApplyAsync($"worker_pools: {{ {pool}: {{ image: x, port: 80, min_replicas: 2, max_replicas: 9 }} }}", Token);
        for (var i = 0; i < replicas.Length; i++)
        {
            await _catalog.RegisterAsync(pool, $"{pool}-{i}", replicas[i].Port, Token);
        }

        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, $"--Gateway:Name={pool}");
        await gateway.WaitForPoolAsync(pool, replicas.Length, Token);
        return gateway;
    }
}
