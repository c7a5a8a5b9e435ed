using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;
using Nexus.Testing;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>A gateway before raw replicas: two of pool <c>raw</c>, so that a retry or ejection shows, and one of <c>other</c>.</summary>
public sealed class WireGateway : IAsyncLifetime
{
    private const string Spec = """
        worker_pools:
          raw: { image: x, port: 80, min_replicas: 2, max_replicas: 9 }
          other: { image: x, port: 80 }
        gateway:
          routes:
            - { host: parts.test, path: /public, pool: raw }
            - { host: parts.test, path: /admin, pool: other }
            - { host: strip.test, path: /app, pool: raw, strip_prefix: true }
            - { host: strip.test, path: /a/b, pool: raw, strip_prefix: true }
            - { path: /, pool: raw }
        """;

    private readonly ConsulFixture _consul = new();
    private readonly RawReplica _first = new();
    private readonly RawReplica _second = new();
    private GatewayUnderTest? _gateway;

    internal GatewayUnderTest Gateway => _gateway ?? throw new InvalidOperationException("It was not started.");

    internal RawReplica Other { get; } = new();

    internal int Port => Gateway.Client.BaseAddress!.Port;

    internal EjectionBook Ejections => Gateway.Service<EjectionBook>();

    /// <summary>Requests that the pool's replicas read since <see cref="Begin"/>.</summary>
    internal List<WireMessage> Requests => [.. _first.Requests.ToArray(), .. _second.Requests.ToArray()];

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await _consul.InitializeAsync();
        var catalog = new TestCatalog(_consul.Client);
        await catalog.ApplyAsync(Spec, token);
        await catalog.RegisterAsync("raw", "raw-0", _first.Port, token);
        await catalog.RegisterAsync("raw", "raw-1", _second.Port, token);
        await catalog.RegisterAsync("other", "other-0", Other.Port, token);
        _gateway = await GatewayUnderTest.StartAsync(_consul.Server.Address, token, null, More);
        await _gateway.WaitForPoolAsync("raw", 2, token);
        await _gateway.WaitForPoolAsync("other", 1, token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await Other.DisposeAsync();
        await _consul.DisposeAsync();
    }

    /// <summary>More arguments of the gateway.</summary>
    internal string[] More { get; init; } = [];

    /// <summary>Forgets all that was, and has every replica do the same on each connection from now on.</summary>
    internal void Begin(Func<RawConnection, Task> serve)
    {
        _first.Begin(serve);
        _second.Begin(serve);
        Other.Begin(serve);
        var ejector = Gateway.Service<Ejector>();
        foreach (var held in Ejections.All)
        {
            ejector.Succeed(held.Allocation, TimeProvider.System.GetTimestamp());
        }

        foreach (var destination in Gateway.Service<LivePools>().All.SelectMany(pool => pool.All))
        {
            destination.Streaks.Count(AttemptOutcome.Answered, isBadAnswer: false);
        }
    }

    /// <summary>One request and its answer.</summary>
    internal async Task<WireMessage> AskAsync(string request)
    {
        var answer = await RawClient.AskAsync(Port, request, TestContext.Current.CancellationToken);
        await QuietAsync();
        return answer;
    }

    /// <summary>Waits until no request is under way.</summary>
    internal Task QuietAsync() => Eventually.TrueAsync(
        () => Gateway.Service<LivePools>().All.All(pool => pool.All.All(d => d.Busy == 0)), "the end of every request at replicas");

    /// <summary>No ejection, and one request at most: no retry.</summary>
    internal void AssertNobodyBlamed(int requests = 1)
    {
        Assert.True(Ejections.IsEmpty, string.Join("; ", Ejections.All.Select(e => $"{e.Allocation} is ejected: {e.Reason}")));
        Assert.Equal(requests, Requests.Count);
    }

    internal void AssertNoErrorLogged() => Assert.DoesNotContain(
        Gateway.Log.Select(entry => entry.Text),
        text => text.StartsWith("Error:", StringComparison.Ordinal) || text.StartsWith("Critical:", StringComparison.Ordinal));
}
