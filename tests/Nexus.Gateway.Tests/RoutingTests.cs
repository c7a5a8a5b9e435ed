using System.Diagnostics.Metrics;
using System.Net;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;
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
        await using var gateway = await StartAsync();
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

    [Fact]
    public async Task A_changed_spec_is_routed_by_without_a_restart()
    {
        await using var one = await Replica.StartAsync("first", Token);
        await using var two = await Replica.StartAsync("second", Token);
        const string pools = "worker_pools: { first: { image: x, port: 80 }, second: { image: x, port: 80 } }\n";
        await _catalog.RegisterAsync("first", "first-1", one.Port, Token);
        await _catalog.RegisterAsync("second", "second-1", two.Port, Token);
        await _catalog.ApplyAsync(pools + "gateway: { routes: [ { path: /, pool: first } ] }", Token);
        await using var gateway = await StartAsync();
        await gateway.WaitForPoolAsync("first", 1, Token);
        Assert.Equal("first /", await gateway.GetAsync("/", Token));

        await _catalog.ApplyAsync(
            pools + "gateway: { routes: [ { path: /, pool: second } ], headers: { frame_options: SAMEORIGIN, referrer_policy: '' } }", Token);
        await gateway.WaitForPoolAsync("second", 1, Token);
        using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal("second /", await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("SAMEORIGIN", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.False(answer.Headers.Contains("Referrer-Policy"));

        var invalid = await _catalog.ApplyAsync("worker_pools: { first: { image: x, port: 99999999 } }", Token);
        var valid = await _catalog.ApplyAsync(pools + "gateway: { routes: [ { path: /, pool: first } ] }", Token);
        await gateway.WaitForAsync(s => s.SpecRevision == valid, "the spec after the invalid one", Token);
        Assert.Equal("first /", await gateway.GetAsync("/", Token));
        Assert.DoesNotContain(gateway.Log, entry => entry.Text.Contains($"spec {invalid},", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Maintenance_and_failing_checks_take_a_replica_out_as_soon_as_Consul_says_so()
    {
        await using var one = await Replica.StartAsync("one", Token);
        await using var two = await Replica.StartAsync("two", Token);
        await _catalog.ApplyAsync("worker_pools: { web: { image: x, port: 80, min_replicas: 2, max_replicas: 2 } }", Token);
        await _catalog.RegisterAsync("web", "web-1", one.Port, Token);
        await _catalog.RegisterAsync("web", "web-2", two.Port, Token);
        await using var gateway = await StartAsync();
        await gateway.WaitForPoolAsync("web", 2, Token);

        await _catalog.SetMaintenanceAsync("web-1", enable: true, Token);
        await gateway.WaitForPoolAsync("web", 1, Token);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("two /", await gateway.GetAsync("/", Token));
        }

        await _catalog.SetMaintenanceAsync("web-1", enable: false, Token);
        await gateway.WaitForPoolAsync("web", 2, Token);
        await _catalog.SetStatusAsync("web-2", CheckStatus.Critical, Token);
        await gateway.WaitForPoolAsync("web", 1, Token);
        Assert.Equal("one /", await gateway.GetAsync("/", Token));

        // Both fail now: that is the check's fault until proven otherwise.
        await _catalog.SetStatusAsync("web-1", CheckStatus.Critical, Token);
        await gateway.WaitForAsync(s => s.Find(new PoolName("web"))!.Trust == PoolTrust.Panic, "panic", Token);
        Assert.Equal(["one /", "two /"], new[] { await gateway.GetAsync("/", Token), await gateway.GetAsync("/", Token) }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_time_from_Consul_to_routing_is_printed()
    {
        await using var replica = await Replica.StartAsync("web", Token);
        await _catalog.ApplyAsync("worker_pools: { speed: { image: x, port: 80, min_replicas: 20, max_replicas: 20 } }", Token);
        for (var i = 0; i < 20; i++)
        {
            await _catalog.RegisterAsync("speed", $"speed-{i}", replica.Port, Token);
        }

        await using var gateway = await StartAsync();
        await gateway.WaitForPoolAsync("speed", 20, Token);
        List<double> whole = [];
        List<double> applied = [];
        using var listener = Listen(applied);
        for (var i = 0; i < 40; i++)
        {
            var outOfIt = i % 2 == 0;
            var changed = gateway.WaitForPoolAsync("speed", outOfIt ? 19 : 20, Token);
            var started = TimeProvider.System.GetTimestamp();
            await _catalog.SetStatusAsync("speed-7", outOfIt ? CheckStatus.Critical : CheckStatus.Passing, Token);
            await changed;
            whole.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }

        List<double> swap = [];
        var source = gateway.Service<ProxyConfigSource>();
        foreach (var change in Enumerable.Range(0, 200))
        {
            var before = gateway.Routing.Current;
            var pool = before.Pools[0];
            var next = before with
            {
                Pools = [pool with { Destinations = pool.Destinations.SetItem(3, pool.Destinations[3] with { Rotation = change % 2 == 0 ? Rotation.Unhealthy : Rotation.In }) }],
            };
            var started = TimeProvider.System.GetTimestamp();
            Assert.Null(await source.UpdateAsync(next, next.Routes, Token));
            swap.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"20 replicas. TTL update sent -> routing changed: {Summary(whole)}. "
            + $"Watch woke -> routing changed: {Summary(applied)}. YARP's config swap alone: {Summary(swap)}.");

        static string Summary(List<double> values)
        {
            values.Sort();
            return $"p50 {values[values.Count / 2]:0.00} ms, p95 {values[values.Count * 95 / 100]:0.00} ms, max {values[^1]:0.00} ms";
        }
    }

    [Fact]
    public async Task A_replica_restarted_at_another_port_keeps_its_identity()
    {
        await using var replica = await Replica.StartAsync("web", Token);
        await _catalog.ApplyAsync("worker_pools: { moved: { image: x, port: 80 } }", Token);
        await _catalog.RegisterAsync("moved", "moved-1", replica.Port, Token);
        await using var gateway = await StartAsync();
        await gateway.WaitForPoolAsync("moved", 1, Token);
        Assert.Equal("web /", await gateway.GetAsync("/", Token));

        await replica.KillAsync();
        await replica.StartAgainAsync(Token);
        await _catalog.RegisterAsync("moved", "moved-1", replica.Port, Token, attempt: 1);
        var after = await gateway.WaitForAsync(s => s.Pools[0].Destinations[0].Attempt == 1, "the second attempt", Token);
        Assert.Equal("web /", await gateway.GetAsync("/", Token));
        Assert.Equal("moved-1", after.Pools[0].Destinations.Single().Id.Value);
    }

    [Fact]
    public async Task What_nobody_can_answer_is_refused_in_plain_words()
    {
        await using var replica = await Replica.StartAsync("web", Token);
        await _catalog.ApplyAsync(
            """
            worker_pools: { here: { image: x, port: 80 }, gone: { image: x, port: 80 } }
            gateway: { routes: [ { path: /here, pool: here }, { path: /health, pool: here }, { path: /gone, pool: gone } ] }
            """,
            Token);
        await _catalog.RegisterAsync("here", "here-1", replica.Port, Token);
        await using var gateway = await StartAsync();
        await gateway.WaitForPoolAsync("here", 1, Token);

        using var unrouted = await gateway.Client.GetAsync(new Uri("/nowhere", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, unrouted.StatusCode);
        Assert.Contains("no route for 127.0.0.1/nowhere", await unrouted.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("nosniff", unrouted.Headers.GetValues("X-Content-Type-Options").Single());

        using var empty = await gateway.Client.GetAsync(new Uri("/gone", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, empty.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), empty.Headers.RetryAfter?.Delta);
        Assert.Contains("pool 'gone'", await empty.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        Assert.Equal("web /health", await gateway.GetAsync("/health", Token));
        Assert.Equal("Healthy", await gateway.GetAsync("/.nexus/health", Token));
        using var throughAdmin = await gateway.Admin.GetAsync(new Uri("/here", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, throughAdmin.StatusCode);
        Assert.Contains("\"status\":\"Healthy\"", await gateway.Admin.GetStringAsync(new Uri("/health", UriKind.Relative), Token), StringComparison.Ordinal);
        var metrics = await gateway.Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Token);
        Assert.Contains("nexus_gateway_routing_revision", metrics, StringComparison.Ordinal);
        Assert.Empty(await PrometheusNames.CheckAsync(metrics, Token));
        var routes = await gateway.Admin.GetStringAsync(new Uri("/routes", UriKind.Relative), Token);
        Assert.Contains("\"allocation\": \"here-1\"", routes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_lists_itself_in_the_catalog_while_it_runs()
    {
        await _catalog.ApplyAsync("worker_pools: { listed: { image: x, port: 80 } }", Token);
        await using (var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, "--Gateway:Name=listed"))
        {
            await foreach (var listed in consul.Client.Health.WatchServiceAsync(CatalogNames.Gateway, null, Token))
            {
                if (listed.Value.Any(e => e.Service.Id == "nexus-gateway-listed" && e.AggregatedStatus == CheckStatus.Passing))
                {
                    break;
                }
            }
        }

        await foreach (var left in consul.Client.Health.WatchServiceAsync(CatalogNames.Gateway, null, Token))
        {
            if (left.Value.All(e => e.Service.Id != "nexus-gateway-listed"))
            {
                break; // The catalog hears of it a moment after the local agent.
            }
        }
    }

    private static MeterListener Listen(List<double> milliseconds)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "nexus.gateway.routing.apply.duration")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) =>
        {
            lock (milliseconds)
            {
                milliseconds.Add(value * 1000);
            }
        });
        listener.Start();
        return listener;
    }

    private Task<GatewayUnderTest> StartAsync() => GatewayUnderTest.StartAsync(consul.Server.Address, Token);
}
