using System.Net.Http.Json;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Core.State;
using Nexus.MultiHost.Tests.Hosts;
using Nexus.Testing;

// One test at a time: each breaks what the others stand on.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
[assembly: AssemblyFixture(typeof(MultiHostCluster))]

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>
/// A cluster of four machines, each a network namespace: one with Consul's server, the manager and the gateway, three workers
/// with a Docker Engine each. Shared by all tests, which put back what they broke.
/// </summary>
public sealed class MultiHostCluster : IAsyncLifetime
{
    /// <summary>How long a worker may be silent before it is given up: the fast profile.</summary>
    public static readonly TimeSpan NodeLostAfter = TimeSpan.FromSeconds(5);

    private const int Usual = 3;
    private const string Subnet = "172.31.250";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private FileStream? _lock;
    private Host? _manager;
    private HttpClient? _gateway;
    private HttpClient? _admin;
    private HttpClient? _consul;
    private NexusApiClient? _api;

    /// <summary>Where clients come in; its connections are made on the gateway's machine.</summary>
    internal HttpClient Gateway => _gateway!;

    /// <summary>Consul's API, at the server.</summary>
    internal HttpClient Consul => _consul!;

    internal NexusApiClient Api => _api!;

    internal List<Worker> Workers { get; } = [];

    internal HostProgram? Orchestrator { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (!LinuxCalls.IsRoot)
        {
            throw new InvalidOperationException(
                "These tests make network namespaces and start Docker Engines, which only root may. Run them with: sudo eng/test.sh --filter MultiHost");
        }

        var token = TestContext.Current.CancellationToken;
        _lock = await Leftovers.LockAsync(token);
        await Leftovers.ClearAsync(token);
        await Command.RunAsync($"bash {Path.Combine(RepositoryRoot.Path, "bench", "light", "build.sh")}", token);
        var bridge = await NetworkNamespace.CreateAsync("sw", token);
        await bridge.IpAsync("link add br0 type bridge", token);
        await bridge.IpAsync("link set br0 up", token);
        await StartManagerAsync(bridge, token);
        for (var n = 1; n <= 3; n++)
        {
            // Published ports are forwarded by a proxy on most machines, by the kernel alone on the second.
            Workers.Add(new Worker(await Host.CreateAsync($"w{n}", $"{Subnet}.1{n}", bridge, token), _manager!.Address, userlandProxy: n != 2));
        }

        await Task.WhenAll(Workers.Select(worker => worker.StartAsync(token)));
        await UntilAsync(s => s.Nodes.Count(n => n.Status == NodeStatus.Ready) == Workers.Count, StartLimit, "three nodes are ready", token);
        await ScaleAsync(Usual, token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lock is null)
        {
            return;
        }

        foreach (var client in new[] { _gateway, _admin, _consul })
        {
            client?.Dispose();
        }

        _api?.Dispose();
        try
        {
            await Leftovers.RemoveContainersAsync(CancellationToken.None);
            await Task.WhenAll(Workers.Select(worker => worker.DisposeAsync().AsTask()));
            if (_manager is not null)
            {
                await _manager.DisposeAsync();
            }
        }
        finally
        {
            await Leftovers.ClearAsync(CancellationToken.None);
            await _lock.DisposeAsync();
        }
    }

    /// <summary>The cluster as its manager shows it.</summary>
    internal Task<StatusView> StatusAsync(CancellationToken cancellationToken) => Api.StatusAsync(cancellationToken);

    /// <summary>Waits until the cluster is as wanted; returns how long that took.</summary>
    internal Task<TimeSpan> UntilAsync(Func<StatusView, bool> condition, TimeSpan limit, string what, CancellationToken cancellationToken) =>
        Until.HoldsAsync(async () => condition(await StatusAsync(cancellationToken)), limit, what, DescribeAsync, cancellationToken);

    /// <summary>Applies a spec with that many replicas and waits until they serve.</summary>
    internal async Task ScaleAsync(int replicas, CancellationToken cancellationToken)
    {
        await ApplyAsync(Spec(replicas), cancellationToken);
        await SettledAsync(cancellationToken, replicas);
    }

    /// <summary>Applies a spec and waits for nothing.</summary>
    internal async Task ApplyAsync(string spec, CancellationToken cancellationToken)
    {
        var applied = await Api.ApplySpecAsync(spec, "multihost.yaml", "tests", expectedRevision: null, cancellationToken);
        Assert.True(applied.Valid, string.Join("; ", applied.Problems));
    }

    /// <summary>Waits until every node is ready, the replicas serve and nothing else is left anywhere.</summary>
    internal async Task SettledAsync(CancellationToken cancellationToken, int replicas = Usual) => await Until.HoldsAsync(
        async () =>
        {
            var status = await StatusAsync(cancellationToken);
            var running = 0;
            foreach (var worker in Workers)
            {
                running += (await worker.ContainersAsync(cancellationToken)).Length;
            }

            return status.Nodes.Count(n => n.Status == NodeStatus.Ready) == Workers.Count
                && status.Allocations.Count(a => a.Healthy) == replicas && status.Allocations.Length == replicas && running == replicas
                && (await RoutedAsync(cancellationToken)).Count == replicas;
        },
        StartLimit, $"{replicas} replicas serve, and nothing else runs", DescribeAsync, cancellationToken);

    /// <summary>The allocations that the gateway gives requests to.</summary>
    internal async Task<HashSet<string>> RoutedAsync(CancellationToken cancellationToken)
    {
        using var routes = await JsonDocument.ParseAsync(await _admin!.GetStreamAsync("/routes", cancellationToken), default, cancellationToken);
        return
        [
            .. routes.RootElement.GetProperty("pools").EnumerateArray().SelectMany(pool => pool.GetProperty("destinations").EnumerateArray())
                .Where(d => d.GetProperty("rotation").GetString() == "In" && !d.TryGetProperty("ejected", out _))
                .Select(d => d.GetProperty("allocation").GetString()!),
        ];
    }

    /// <summary>Who answers now: twice as many questions as it takes to hear all.</summary>
    internal async Task<HashSet<string>> AnsweringNodesAsync(CancellationToken cancellationToken)
    {
        var nodes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 30; i++)
        {
            nodes.Add((await Gateway.GetFromJsonAsync<JsonElement>("/whoami", cancellationToken)).GetProperty("node").GetString()!);
        }

        return nodes;
    }

    /// <summary>Starts the manager again after its end.</summary>
    internal void StartOrchestrator() => Orchestrator = StartManagerOn(_manager!, "manager-1");

    /// <summary>Starts one more manager, on any machine.</summary>
    internal static HostProgram StartManagerOn(Host host, string name) => host.StartService("Nexus.Orchestrator", new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:8420",
        ["Orchestrator__Name"] = name,
        ["Orchestrator__NodeLostAfter"] = NodeLostAfter.ToString("c"),
    });

    private static string Spec(int replicas) => $$"""
        cluster: multihost
        worker_pools:
          web:
            image: nexus/light:local
            port: 8080
            min_replicas: {{replicas}}
            health: { path: /health, interval: 1s }
            drain: { timeout: 2s, stop_timeout: 2s }
            restart: { initial_delay: 100ms, max_delay: 1s, reset_after: 1s }
        """;

    private async Task StartManagerAsync(NetworkNamespace bridge, CancellationToken cancellationToken)
    {
        _manager = await Host.CreateAsync("m", $"{Subnet}.10", bridge, cancellationToken);
        (_gateway, _admin, _consul) = (
            _manager.Network.CreateClient("http://127.0.0.1:8080"), _manager.Network.CreateClient("http://127.0.0.1:8081"),
            _manager.Network.CreateClient("http://127.0.0.1:8500"));
        var api = new ApiEndpoint(new Uri("http://127.0.0.1:8420"), "the manager's machine");
        _api = new NexusApiClient(_manager.Network.CreateClient("http://127.0.0.1:8420"), api, TimeProvider.System, () => 0.5);
        _manager.StartConsul(server: null);
        await Until.HoldsAsync(
            async () => (await _consul.GetStringAsync("/v1/status/leader", cancellationToken)).Length > 2,
            StartLimit, "Consul leads", DescribeAsync, cancellationToken);
        StartOrchestrator();
        _manager.StartService("Nexus.Gateway", new(StringComparer.Ordinal)
        {
            ["Gateway__Name"] = "gateway-1",
            ["Gateway__Urls"] = "http://127.0.0.1:8080",
            ["Gateway__AdminUrl"] = "http://127.0.0.1:8081",
            ["Gateway__StateDirectory"] = Path.Combine(_manager.Folder, "gateway"),
        });
    }

    private async Task<string> DescribeAsync()
    {
        var status = "the manager shows nothing";
        try
        {
            var seen = await StatusAsync(CancellationToken.None);
            status = $"Nodes: {string.Join("; ", seen.Nodes.Select(n => $"{n.Name} {n.Status}"))}. Allocations: "
                + string.Join("; ", seen.Allocations.Select(a => $"{a.Id}@{a.Node} {a.Desired} {a.Phase} healthy={a.Healthy} {a.Reason}"))
                + $". In rotation: {string.Join(", ", await RoutedAsync(CancellationToken.None))}.";
        }
        catch (Exception e) when (e is HttpRequestException or NexusApiException)
        {
            status += $" ({e.Message})";
        }

        return $"{status}{Environment.NewLine}{_manager?.LastLines}{string.Concat(Workers.Select(w => w.Host.LastLines))}";
    }
}
