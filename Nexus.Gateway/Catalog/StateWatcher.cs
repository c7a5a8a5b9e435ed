using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Gateway.Live;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Catalog;

/// <summary>
/// Follows what managers and worker agents say beside the catalog: shares of rollouts, addresses of agents, and which agents are
/// silent. Only writes down what it reads.
/// </summary>
internal sealed partial class StateWatcher(
    ConsulClient consul, RoutingInputs inputs, NodeDoubts doubts, TimeProvider time, ILogger<StateWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Each written by one follower alone; the keys by all.
    private readonly KeySet _unreadable = new();
    private ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>> _weights = ImmutableDictionary<PoolName, ImmutableArray<RevisionWeight>>.Empty;
    private ImmutableArray<AgentAddress> _agents = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        FollowAsync(StateKeys.Routes, FollowRoutesAsync, stoppingToken),
        FollowAsync(StateKeys.Rollouts, FollowRolloutsAsync, stoppingToken),
        FollowAsync(StateKeys.Nodes, FollowNodesAsync, stoppingToken),
        FollowAsync(CatalogNames.Worker, FollowWorkersAsync, stoppingToken));

    private async Task FollowAsync(string what, Func<CancellationToken, Task> follow, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await follow(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(what, e);
                await Task.Delay(Patience, time, cancellationToken);
            }
        }
    }

    private async Task FollowRoutesAsync(CancellationToken cancellationToken)
    {
        await foreach (var read in consul.Kv.WatchAsync(StateKeys.Routes, options: null, cancellationToken))
        {
            if (read.Value is null)
            {
                inputs.SetRoutes(null);
            }
            else if (Read([read.Value], StateJson.Default.RoutesRecord) is [var record])
            {
                inputs.SetRoutes(record);
            }
            else
            {
                inputs.KeepRoutes();
            }
        }
    }

    private async Task FollowRolloutsAsync(CancellationToken cancellationToken)
    {
        await foreach (var read in consul.Kv.WatchPrefixAsync(StateKeys.Rollouts, null, cancellationToken))
        {
            // A rollout that is missing or cannot be read is as it was: its record is never deleted.
            foreach (var rollout in Read(read.Value, StateJson.Default.RolloutRecord))
            {
                _weights = rollout.Weights.IsDefaultOrEmpty ? _weights.Remove(rollout.Pool) : _weights.SetItem(rollout.Pool, rollout.Weights);
            }

            inputs.SetWeights(_weights);
        }
    }

    private async Task FollowNodesAsync(CancellationToken cancellationToken)
    {
        await foreach (var read in consul.Kv.WatchPrefixAsync(StateKeys.Nodes, null, cancellationToken))
        {
            var agents = Read(read.Value, StateJson.Default.NodeRecord)
                .Select(node => new AgentAddress(node.Node, node.ApiAddress))
                .UnionBy(_agents.Where(known => _unreadable.Contains(StateKeys.Node(known.Node))), agent => agent.Node)
                .OrderBy(agent => agent.Node.Value, StringComparer.Ordinal)
                .ToImmutableArray();
            if (!agents.IsEmpty) // An empty list may be a lost one; the old addresses do no harm.
            {
                _agents = agents;
                inputs.SetAgents(agents);
            }
        }
    }

    private async Task FollowWorkersAsync(CancellationToken cancellationToken)
    {
        await foreach (var read in consul.Health.WatchServiceAsync(CatalogNames.Worker, null, cancellationToken))
        {
            doubts.Set(read.Value
                .Where(worker => worker.AggregatedStatus != CheckStatus.Passing)
                .Select(worker => worker.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode) ?? "")
                .ToImmutableHashSet(StringComparer.Ordinal));
        }
    }

    private List<T> Read<T>(ImmutableArray<KvPair> pairs, JsonTypeInfo<T> type)
        where T : class
    {
        var documents = new List<T>();
        foreach (var pair in pairs)
        {
            var reading = StateRecords.Read(pair.Key, pair.Value, type);
            if (reading.Value is { } document)
            {
                documents.Add(document);
                _unreadable.TryRemove(pair.Key);
            }
            else if (_unreadable.Add(pair.Key))
            {
                LogUnreadable(pair.Key, reading.Reason!);
            }
            else
            {
                // Told before.
            }
        }

        return documents;
    }

    [LoggerMessage(6025, LogLevel.Error, "Watching {What} failed; the watch is restarted")]
    private partial void LogFailed(string what, Exception exception);

    [LoggerMessage(6026, LogLevel.Error, "{Key} cannot be read; what was known by it before holds: {Reason}")]
    private partial void LogUnreadable(string key, string reason);

    /// <summary>A set of keys that several followers use.</summary>
    private sealed class KeySet
    {
        private readonly ConcurrentDictionary<string, bool> _keys = new(StringComparer.Ordinal);

        public bool Add(string key) => _keys.TryAdd(key, true);

        public bool Contains(string key) => _keys.ContainsKey(key);

        public void TryRemove(string key) => _keys.TryRemove(key, out _);
    }
}
