using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Peers;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Tests;

/// <summary>A whole agent in this process, on real Consul, with a folder of its own; leaves nothing behind.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static int _number;

    private readonly Dictionary<string, string?> _settings;
    private readonly Uri _consulAddress;
    private readonly ConsulClient _consul;
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-agent-").FullName;
    private WebApplication? _app;

    private TestAgent(Uri consulAddress, Dictionary<string, string?> settings)
    {
        _consulAddress = consulAddress;
        _settings = settings;
        _consul = new ConsulClient(new ConsulOptions { Address = consulAddress, WatchWait = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        Node = new NodeName($"n{Environment.ProcessId}-{Interlocked.Increment(ref _number)}");
    }

    public NodeName Node { get; }

    public ConsulClient Consul => _consul;

    public Recorder Logs { get; } = new();

    public Uri Api => new(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IContainerRuntime Runtime => _app!.Services.GetRequiredService<RuntimeConnection>().Required;

    public string StateDirectory => _folder;

    public static async Task<TestAgent> StartAsync(
        Uri consulAddress, Dictionary<string, string?>? settings = null, Action<TestAgent>? before = null)
    {
        var agent = new TestAgent(consulAddress, settings ?? []);
        before?.Invoke(agent);
        await agent.RunAsync();
        return agent;
    }

    /// <summary>Starts the agent, anew after <see cref="LeaveAsync"/>.</summary>
    public async Task RunAsync()
    {
        _app = WorkerAgentApplication.Build([], builder =>
        {
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Consul:Address"] = _consulAddress.ToString(),
                ["Worker:Name"] = Node.Value,
                ["Worker:Runtime"] = "process",
                ["Worker:Cluster"] = "agent-tests",
                ["Worker:StateDirectory"] = _folder,
                ["Worker:ResyncInterval"] = "00:00:02",
            }).AddInMemoryCollection(_settings);
            builder.Services.Configure<LoggerFilterOptions>(o => o.AddFilter<Microsoft.Extensions.Logging.Console.ConsoleLoggerProvider>(null, LogLevel.None));
        });
        _app.Services.GetRequiredService<ILoggerFactory>().AddProvider(Logs);
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Stops the agent as a service manager would.</summary>
    public async Task LeaveAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }
    }

    /// <summary>Writes the node's assignment as the leader would.</summary>
    public Task AssignAsync(ulong epoch, ulong generation, params ImmutableArray<Wanted> wanted) => _consul.Kv.PutAsync(
        StateKeys.DesiredOf(Node),
        StateJson.Write(Templates.Assign(Node, epoch, generation, wanted), StateJson.Default.NodeAssignment),
        TestContext.Current.CancellationToken);

    /// <summary>Waits until it has heard how the allocations of another agent stand.</summary>
    public async Task WatchingAsync(TestAgent other)
    {
        using var patience = Limit();
        while (!_app!.Services.GetRequiredService<PeerBoard>().Knows(other.Node))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>Writes an assignment as the leader would.</summary>
    public Task AssignAsync(NodeAssignment assignment) => _consul.Kv.PutAsync(
        StateKeys.DesiredOf(Node), StateJson.Write(assignment, StateJson.Default.NodeAssignment), TestContext.Current.CancellationToken);

    /// <summary>Waits until the node reports what <paramref name="condition"/> asks for.</summary>
    public Task<NodeObservation> ReportedAsync(string what, Func<NodeObservation, bool> condition) =>
        WatchAsync(what, StateKeys.ObservedOf(Node), bytes => StateJson.Read("observed", bytes, StateJson.Default.NodeObservation), condition);

    /// <summary>Waits until the node reports an allocation as asked.</summary>
    public async Task<ObservedAllocation> ReportedAsync(string allocation, string what, Func<ObservedAllocation, bool> condition)
    {
        var seen = await ReportedAsync(
            $"{allocation}: {what}", o => o.Allocations.Any(a => a.Id.Value == allocation && condition(a)));
        return seen.Allocations.First(a => a.Id.Value == allocation);
    }

    /// <summary>Waits until it serves.</summary>
    public Task<ObservedAllocation> RunningAsync(string allocation, int restarts = 0) => ReportedAsync(
        allocation, $"running after {restarts} restarts", a => a is { Phase: AllocationPhase.Running, Healthy: true } && a.Restarts == restarts);

    /// <summary>Waits for an event of this node.</summary>
    public async Task<ClusterEvent> EventAsync(string kind, string? allocation = null, string text = "")
    {
        using var patience = Limit();
        try
        {
            await foreach (var seen in _consul.Kv.WatchPrefixAsync(StateKeys.Events, null, patience.Token))
            {
                var found = seen.Value
                    .Select(p => StateJson.Read(p.Key, p.Value, StateJson.Default.ClusterEvent))
                    .FirstOrDefault(e => e.Node == Node && e.Kind == kind && (allocation is null || e.Allocation?.Value == allocation)
                        && e.Message.Contains(text, StringComparison.Ordinal));
                if (found is not null)
                {
                    return found;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"No event {kind} of {Node} within {Patience}. Log:\n{Logs}");
    }

    /// <summary>Waits until the node describes itself as asked.</summary>
    public Task<NodeRecord> RecordAsync(string what, Func<NodeRecord, bool> condition) =>
        WatchAsync(what, StateKeys.Node(Node), bytes => StateJson.Read("node", bytes, StateJson.Default.NodeRecord), condition);

    /// <summary>The events of this node so far.</summary>
    public async Task<IReadOnlyList<ClusterEvent>> EventsAsync() =>
    [
        .. (await _consul.Kv.ListAsync(StateKeys.Events, TestContext.Current.CancellationToken)).Value
            .Select(p => StateJson.Read(p.Key, p.Value, StateJson.Default.ClusterEvent))
            .Where(e => e.Node == Node),
    ];

    /// <summary>Waits for a service instance of a pool as asked.</summary>
    public async Task<ServiceEntry> ServiceAsync(string pool, string what, Func<ServiceEntry, bool> condition) =>
        (await InstancesAsync(pool, what, entries => entries.Any(condition))).First(condition);

    /// <summary>Waits until a pool has that many instances on this node: the catalog hears of changes a moment after the local agent.</summary>
    public Task InstancesAsync(string pool, int count) => InstancesAsync(pool, $"{count} instances", entries => entries.Length == count);

    private async Task<ImmutableArray<ServiceEntry>> InstancesAsync(
        string pool, string what, Func<ImmutableArray<ServiceEntry>, bool> condition)
    {
        using var patience = Limit();
        try
        {
            await foreach (var seen in _consul.Health.WatchServiceAsync(pool, null, patience.Token))
            {
                ImmutableArray<ServiceEntry> ours =
                    [.. seen.Value.Where(e => e.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode) == Node.Value)];
                if (condition(ours))
                {
                    return ours;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"Service {pool} of {Node} did not become: {what}. Log:\n{Logs}");
    }

    /// <summary>Process id of an allocation's workload.</summary>
    public async Task<int> PidAsync(string allocation) =>
        (await (await _app!.Services.GetRequiredService<RuntimeConnection>().WhenFoundAsync(TestContext.Current.CancellationToken))
            .ListAsync(TestContext.Current.CancellationToken))
            .First(w => w.Allocation.Value == allocation && w.State == WorkloadState.Running).Pid!.Value;

    public async ValueTask DisposeAsync()
    {
        if (_app is null)
        {
            await RunAsync();
        }

        var connection = _app!.Services.GetRequiredService<RuntimeConnection>();
        var runtime = connection.Problem is null
            ? await connection.WhenFoundAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System)
            : null;
        await _app.StopAsync(CancellationToken.None);
        foreach (var workload in runtime is null ? [] : await runtime.ListAsync(CancellationToken.None))
        {
            await runtime!.RemoveAsync(workload.Id, CancellationToken.None);
            try
            {
                await _consul.Agent.DeregisterServiceAsync(CatalogNames.ServiceId(workload.Allocation), CancellationToken.None);
            }
            catch (ConsulException)
            {
                // It was killed by the test.
            }
        }

        await _app.DisposeAsync();
        _consul.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<T> WatchAsync<T>(string what, string key, Func<ReadOnlyMemory<byte>, T> read, Func<T, bool> condition)
        where T : class
    {
        using var patience = Limit();
        T? last = null;
        try
        {
            await foreach (var seen in _consul.Kv.WatchAsync(key, null, patience.Token))
            {
                if (seen.Value is { } pair && condition(last = read(pair.Value)))
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"Not seen within {Patience}: {what}. Last: {last}. Log:\n{Logs}");
    }

    private static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        return limit;
    }
}

/// <summary>Keeps what an agent logged.</summary>
internal sealed class Recorder : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public bool Contains(string text)
    {
        lock (_gate)
        {
            return _lines.Any(l => l.Contains(text, StringComparison.Ordinal));
        }
    }

    public int Count(string text)
    {
        lock (_gate)
        {
            return _lines.Count(l => l.Contains(text, StringComparison.Ordinal));
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return string.Join('\n', _lines);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_gate)
        {
            _lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
