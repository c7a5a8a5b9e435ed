using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>What a gateway concludes from its own requests.</summary>
public sealed class EvidenceTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replica_that_lets_wait_too_long_costs_no_GET_and_is_ejected_after_three()
    {
        await using var hung = await Replica.StartAsync("hung", Token);
        await using var good = await Replica.StartAsync("good", Token);
        hung.Special = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await using var gateway = await StartAsync("waits", "routes: [ { path: /, pool: waits, timeout: 100ms } ]", hung.Port, good.Port);
        var ejections = gateway.Service<EjectionBook>();
        using var posted = await UntilAsync(hung, () => gateway.Client.PostAsync(new Uri("/", UriKind.Relative), null, Token));
        Assert.Equal(HttpStatusCode.GatewayTimeout, posted.StatusCode);
        for (var i = 0; i < 20 && !ejections.IsEjected("waits-0"); i++)
        {
            Assert.Equal("good /", await gateway.GetAsync("/", Token));
        }

        Assert.Equal(3, hung.Served);
        Assert.Equal(EjectionReason.TimedOut, ejections.Find("waits-0")?.Reason);
    }

    [Fact]
    public async Task A_replica_that_only_answers_503_is_ejected_after_five()
    {
        await using var bad = await Replica.StartAsync("bad", Token);
        await using var good = await Replica.StartAsync("good", Token);
        bad.Special = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync("full");
        };
        await using var gateway = await StartAsync("sorry", "", bad.Port, good.Port);
        var own = 0;
        for (var i = 0; i < 20; i++)
        {
            using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
            own += answer.StatusCode == HttpStatusCode.ServiceUnavailable && await answer.Content.ReadAsStringAsync(Token) == "full" ? 1 : 0;
        }

        Assert.Equal(5, own);
        Assert.Equal(EjectionReason.BadAnswers, gateway.Service<EjectionBook>().Find("sorry-0")?.Reason);
    }

    [Fact]
    public async Task A_replica_that_takes_no_connection_costs_no_request_and_the_second_look_leaves_it_out()
    {
        await using var good = await Replica.StartAsync("good", Token);
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        var port = ((IPEndPoint)full.LocalEndPoint!).Port;
        var crowd = await CrowdAsync(port);
        await using var gateway = await StartAsync("full", "", port, good.Port);
        for (var i = 0; i < 3; i++)
        {
            using var content = new StringContent("pay 5");
            using var answer = await gateway.Client.PostAsync(new Uri("/echo", UriKind.Relative), content, Token);
            Assert.Equal("pay 5", await answer.Content.ReadAsStringAsync(Token));
        }

        Assert.Equal(EjectionReason.ConnectFailed, gateway.Service<EjectionBook>().Find("full-0")?.Reason);
        Assert.DoesNotContain(gateway.Log, entry => entry.Id.Id == 6011);
        crowd.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task A_replica_that_broke_a_connection_and_takes_the_next_is_asked_again_at_once()
    {
        await using var flaky = new BreakingReplica(_ => null); // Accepts all the same.
        await using var good = await Replica.StartAsync("good", Token);
        await using var gateway = await StartAsync("flaky", "", flaky.Port, good.Port);
        while (flaky.Requests == 0)
        {
            await gateway.GetAsync("/", Token);
        }

        await Eventually.TrueAsync(() => gateway.Log.Any(entry => entry.Id.Id == 6011), "the second look");
        var text = gateway.Log.First(entry => entry.Id.Id == 6011).Text;
        Assert.Contains("Readmitted flaky-0", text, StringComparison.Ordinal);
        var took = double.Parse(text.Split(" after ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(took, 0, 950); // Its back-off would have been a second.
    }

    [Fact]
    public async Task A_kept_body_is_sent_again_where_the_spec_buffers()
    {
        await using var broken = new BreakingReplica(_ => null);
        await using var good = await Replica.StartAsync("good", Token);
        await using var gateway = await StartAsync("kept", "retry: { buffer: 1KiB }", broken.Port, good.Port);
        while (broken.Requests == 0)
        {
            using var content = new StringContent("once or twice");
            using var answer = await gateway.Client.PutAsync(new Uri("/echo", UriKind.Relative), content, Token);
            Assert.Equal("once or twice", await answer.Content.ReadAsStringAsync(Token));
        }

        Assert.True(good.Served > 0);
    }

    [Fact]
    public async Task A_new_replica_begins_with_a_small_share()
    {
        await using var old = await Replica.StartAsync("old", Token);
        await using var fresh = await Replica.StartAsync("fresh", Token);
        await using var gateway = await StartAsync("slow", "slow_start: 60s", old.Port);
        await _catalog.RegisterAsync("slow", "slow-1", fresh.Port, Token);
        await gateway.WaitForPoolAsync("slow", 2, Token);
        for (var i = 0; i < 100; i++)
        {
            await gateway.GetAsync("/", Token);
        }

        Assert.InRange(fresh.Served, 5, 20);
    }

    [Fact]
    public async Task A_used_up_budget_is_waited_for_and_then_denied()
    {
        var time = new FakeTimeProvider();
        var budget = new RetryBudget(time);
        budget.BeginRequest();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await budget.EnterAsync(20, AttemptOutcome.NoAnswer, Token));
        }

        Assert.False(await budget.EnterAsync(0, AttemptOutcome.NoAnswer, Token).AsTask().WaitWhileAsync(time));
        var waiting = budget.EnterAsync(20, AttemptOutcome.NoAnswer, Token).AsTask();
        Assert.False(waiting.IsCompleted);
        budget.Leave();
        Assert.True(await waiting);
        Assert.False(await budget.EnterAsync(20, AttemptOutcome.NoAnswer, Token).AsTask().WaitWhileAsync(time));
    }

    [Fact]
    public async Task Who_was_broken_off_waits_longer_for_the_budget()
    {
        var time = new FakeTimeProvider();
        var budget = new RetryBudget(time);
        budget.BeginRequest();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await budget.EnterAsync(20, AttemptOutcome.NoAnswer, Token));
        }

        var waiting = budget.EnterAsync(20, AttemptOutcome.BrokenOff, Token).AsTask();
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(waiting.IsCompleted);

        budget.Leave();
        Assert.True(await waiting);
    }

    [Fact]
    public async Task No_turn_is_lost_however_many_come_and_go()
    {
        // The clock stands, so nobody gives up: whoever is not called waits for ever.
        var budget = new RetryBudget(new FakeTimeProvider());
        for (var round = 0; round < 200; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(EnterAndLeaveAsync, Token))).WaitAsync(TimeSpan.FromSeconds(20), Token);
        }

        async Task EnterAndLeaveAsync()
        {
            budget.BeginRequest();
            Assert.True(await budget.EnterAsync(20, AttemptOutcome.BrokenOff, Token));
            await Task.Yield();
            budget.Leave();
            budget.EndRequest();
        }
    }

    /// <summary>Fills the queue of a listener that accepts nobody.</summary>
    private static async Task<List<Socket>> CrowdAsync(int port)
    {
        var crowd = new List<Socket>();
        while (true)
        {
            var one = new Socket(SocketType.Stream, ProtocolType.Tcp);
            crowd.Add(one);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
            patience.CancelAfter(TimeSpan.FromMilliseconds(200));
            try
            {
                await one.ConnectAsync(IPAddress.Loopback, port, patience.Token);
            }
            catch (OperationCanceledException) when (!Token.IsCancellationRequested)
            {
                return crowd;
            }
        }
    }

    /// <summary>Repeats until the request reached that replica.</summary>
    private static async Task<HttpResponseMessage> UntilAsync(Replica replica, Func<Task<HttpResponseMessage>> ask)
    {
        while (true)
        {
            var answer = await ask();
            if (replica.Served > 0)
            {
                return answer;
            }

            answer.Dispose();
        }
    }

    private async Task<GatewayUnderTest> StartAsync(string pool, string gatewaySpec, params int[] ports)
    {
        await _catalog.ApplyAsync(
            $"worker_pools: {{ {pool}: {{ image: x, port: 80, min_replicas: 1, max_replicas: 9 }} }}\ngateway: {{ {gatewaySpec} }}", Token);
        for (var i = 0; i < ports.Length; i++)
        {
            await _catalog.RegisterAsync(pool, $"{pool}-{i}", ports[i], Token);
        }

        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, $"--Gateway:Name={pool}");
        await gateway.WaitForPoolAsync(pool, ports.Length, Token);
        return gateway;
    }
}

/// <summary>Lets time pass while something is waited for.</summary>
file static class Waiting
{
    public static async Task<T> WaitWhileAsync<T>(this Task<T> task, FakeTimeProvider time)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return await task;
    }
}
