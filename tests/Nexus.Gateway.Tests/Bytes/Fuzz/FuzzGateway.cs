using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>A gateway with a pool for each lane. There is no route for other hosts, so that no case gets into another's lane.</summary>
public sealed class FuzzGateway : IAsyncLifetime
{
    // Far from one another, so that no damage makes one of the other.
    private static readonly string[] Names = ["alpha", "bravo", "charlie", "delta", "foxtrot", "juliett", "november", "quebec"];

    private readonly ConsulFixture _consul = new();
    private GatewayUnderTest? _gateway;

    internal GatewayUnderTest Gateway => _gateway ?? throw new InvalidOperationException("It was not started.");

    internal IReadOnlyList<FuzzLane> Lanes { get; } = [.. Names.Select(name => new FuzzLane(name))];

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await _consul.InitializeAsync();
        var catalog = new TestCatalog(_consul.Client);

        // Outliers are told by error rates, of which random answers are full.
        await catalog.ApplyAsync($$"""
            worker_pools:
            {{string.Join('\n', Names.Select(n => $"  {n}: {{ image: x, port: 80, min_replicas: 2, outlier_detection: {{ enabled: false }} }}"))}}
            gateway:
              routes:
            {{string.Join('\n', Names.Select(n => $"    - {{ host: '*.{n}.test', path: /, pool: {n} }}"))}}
            """, token);
        foreach (var lane in Lanes)
        {
            foreach (var (port, i) in lane.Ports.Select((port, i) => (port, i)))
            {
                await catalog.RegisterAsync(lane.Pool, $"{lane.Pool}-{i}", port, token);
            }
        }

        _gateway = await GatewayUnderTest.StartAsync(_consul.Server.Address, token);
        foreach (var lane in Lanes)
        {
            await _gateway.WaitForPoolAsync(lane.Pool, 2, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (var lane in Lanes)
        {
            await lane.DisposeAsync();
        }

        await _consul.DisposeAsync();
    }

    /// <summary>Errors that the gateway logged so far.</summary>
    internal List<string> Errors() =>
    [
        .. Gateway.Log.Select(entry => entry.Text)
            .Where(text => text.StartsWith("Error:", StringComparison.Ordinal) || text.StartsWith("Critical:", StringComparison.Ordinal)),
    ];
}
