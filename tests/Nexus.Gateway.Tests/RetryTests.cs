using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Routing;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class RetryTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private const string Spec = "worker_pools: { POOL: { image: x, port: 80, min_replicas: 2, max_replicas: 9 } }";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_replica_fails_no_GET_and_serves_again_when_it_is_back()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await using var c = await Replica.StartAsync("c", Token);
        await using var gateway = await StartAsync("killed", a.Port, b.Port, c.Port);
        var ejections = gateway.Service<EjectionBook>();
        ConcurrentBag<string> failures = [];
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = Enumerable.Range(0, 4).Select(_ => LoadAsync(gateway, failures, ending.Token)).ToList();

        await Eventually.TrueAsync(() => a.Served > 50, "50 requests at a");
        await a.KillAsync();
        await Eventually.TrueAsync(() => ejections.IsEjected("killed-0"), "the ejection of a");
        var (servedByA, servedByB) = (a.Served, b.Served);
        await Eventually.TrueAsync(() => b.Served > servedByB + 100, "100 more requests at b");
        await a.StartAgainAsync(Token, samePort: true);
        await Eventually.TrueAsync(() => a.Served > servedByA + 50, "50 more requests at a");
        await ending.CancelAsync();
        await Task.WhenAll(load);
        Assert.Empty(failures);
        Assert.True(ejections.IsEmpty);
    }

    [Fact]
    public async Task A_GET_that_broke_before_its_answer_is_asked_of_another()
    {
        await using var broken = new BreakingReplica(_ => null);
        await using var good = await Replica.StartAsync("good", Token);
        await using var gateway = await StartAsync("get", broken.Port, good.Port);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("good /", await gateway.GetAsync("/", Token));
        }

        Assert.True(broken.Requests > 0);
        Assert.Equal(3, good.Served);
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("POST", false)]
    [InlineData("DELETE", false)] // Unlike a POST it comes without even a Content-Length.
    public async Task What_changes_something_and_was_sent_is_never_sent_again(string method, bool hasBody)
    {
        // The first answer keeps the connection, on which the second request then meets its end.
        await using var broken = new BreakingReplica(n => n == 1 ? Ok : null);
        await using var good = await Replica.StartAsync("good", Token);
        await using var gateway = await StartAsync($"{method.ToLowerInvariant()}-{(hasBody ? "body" : "bare")}", broken.Port, good.Port);
        HttpStatusCode? failed = null;
        var posts = 0;
        while (failed is null && posts < 20)
        {
            posts++;
            using var request = new HttpRequestMessage(new HttpMethod(method), "/")
            {
                Content = hasBody ? new StringContent("pay 5") : null,
            };
            using var answer = await gateway.Client.SendAsync(request, Token);
            failed = answer.IsSuccessStatusCode ? null : answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.BadGateway, failed);
        Assert.Equal(2, broken.Requests);
        Assert.Equal(posts, broken.Requests + good.Served);
    }

    [Fact]
    public async Task A_POST_that_found_nobody_listening_is_asked_of_another()
    {
        await using var good = await Replica.StartAsync("good", Token);
        await using var gateway = await StartAsync("refused", FreePort.Next(), good.Port);
        for (var i = 0; i < 3; i++)
        {
            using var content = new StringContent("pay 5");
            using var answer = await gateway.Client.PostAsync(new Uri("/echo", UriKind.Relative), content, Token);
            Assert.Equal("pay 5", await answer.Content.ReadAsStringAsync(Token));
        }

        Assert.Equal(3, good.Served);
        Assert.Equal(Core.Routing.EjectionReason.ConnectFailed, gateway.Service<EjectionBook>().Find("refused-0")?.Reason);
    }

    [Fact]
    public async Task The_last_replica_is_asked_even_when_it_failed()
    {
        await using var only = await Replica.StartAsync("only", Token);
        await using var gateway = await StartAsync("last", only.Port);
        await only.KillAsync();
        using var refused = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("pool 'last'", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(gateway.Service<EjectionBook>().IsEjected("last-0"));
        await only.StartAgainAsync(Token, samePort: true);
        Assert.Equal("only /", await gateway.GetAsync("/", Token));
        Assert.True(gateway.Service<EjectionBook>().IsEmpty);
    }

    [Fact]
    public async Task A_request_that_breaks_its_connection_does_not_empty_the_pool()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        a.Special = b.Special = context =>
        {
            if (context.Request.Path == "/poison")
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync("fine");
        };
        await using var gateway = await StartAsync("poison", a.Port, b.Port);
        var ejections = gateway.Service<EjectionBook>();
        using var poisoned = await gateway.Client.GetAsync(new Uri("/poison", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.BadGateway, poisoned.StatusCode);
        await Eventually.TrueAsync(
            () => !ejections.IsEjected("poison-0") && !ejections.IsEjected("poison-1"), "both replicas trusted again");
        Assert.Equal("fine", await gateway.GetAsync("/", Token));
    }

    [Fact]
    public async Task A_destination_that_is_said_to_be_gone_gets_no_request_until_it_is_announced_anew()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await using var gateway = await StartAsync("gone", a.Port, b.Port);
        Assert.True(gateway.Service<IRoutingUpdates>().Eject(new AllocationId("gone-0")));
        Assert.False(gateway.Service<IRoutingUpdates>().Eject(new AllocationId("gone-7")));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("b /", await gateway.GetAsync("/", Token));
        }

        Assert.Contains("\"ejected\": \"Gone\"", await gateway.Admin.GetStringAsync(new Uri("/routes", UriKind.Relative), Token), StringComparison.Ordinal);
        await _catalog.RegisterAsync("gone", "gone-0", a.Port, Token, attempt: 1);
        await gateway.WaitForAsync(s => s.Pools[0].Destinations[0].Attempt == 1, "the new attempt", Token);
        string[] answers = [await gateway.GetAsync("/", Token), await gateway.GetAsync("/", Token)];
        Assert.Equal(["a /", "b /"], answers.Order(StringComparer.Ordinal));

        using var routes = JsonDocument.Parse(await gateway.Admin.GetStringAsync(new Uri("/routes", UriKind.Relative), Token));
        var changes = routes.RootElement.GetProperty("changes").EnumerateArray().Where(c => c.GetProperty("allocation").GetString() == "gone-0").ToList();
        Assert.Equal(
            ["0 True -", "0 False Gone", "1 True -"],
            changes.Select(c => $"{c.GetProperty("attempt")} {c.GetProperty("sends")} {(c.TryGetProperty("ejected", out var why) ? why : "-")}"));
        Assert.Equal(changes.Select(c => c.GetProperty("at").GetDateTimeOffset()).Order(), changes.Select(c => c.GetProperty("at").GetDateTimeOffset()));
    }

    [Fact]
    public async Task What_is_held_against_an_earlier_life_does_not_hide_the_end_of_this_one()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await using var gateway = await StartAsync("lives", a.Port, b.Port);
        var ejector = gateway.Service<Ejector>();

        ejector.Fail("lives", "lives-0", "0@http://127.0.0.1:9", EjectionReason.Gone, TimeProvider.System.GetTimestamp());
        Assert.True(ejector.Eject(new AllocationId("lives-0")));

        Assert.Equal($"0@http://127.0.0.1:{a.Port}", gateway.Service<EjectionBook>().Find("lives-0")?.Life);
        Assert.Equal("b /", await gateway.GetAsync("/", Token));
    }

    private static async Task LoadAsync(GatewayUnderTest gateway, ConcurrentBag<string> failures, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
            if (!answer.IsSuccessStatusCode)
            {
                failures.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}");
            }
        }
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
