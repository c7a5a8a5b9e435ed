using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.State;

/// <summary>Reads and writes the cluster's state. Every write is fenced by the leader's session and by CAS.</summary>
internal sealed partial class ClusterStore(ConsulClient consul, SpecStore specs, FencedWriter writer, ILogger<ClusterStore> logger)
{
    private static readonly ImmutableArray<string> Prefixes =
    [
        StateKeys.Commits, StateKeys.Leader, StateKeys.SpecCurrent, StateKeys.Desired, StateKeys.Rollouts, StateKeys.Routes, StateKeys.Observed,
        StateKeys.Nodes, StateKeys.Requests, StateKeys.Eligibility, StateKeys.Gateways,
    ];

    private readonly DocumentCache _documents = new();

    /// <summary>
    /// Reads everything, as it was at one moment. An unreadable entry is left out with a log line: one bad key must not stop the
    /// cluster.
    /// </summary>
    public async Task<StoredCluster> ReadAsync(CancellationToken cancellationToken)
    {
        // What leaders write decides (ids and fences hang on it), so it is read through the leader of the servers.
        var reading = consul.Transactions.ReadAsync(Prefixes, ReadConsistency.Consistent, cancellationToken);
        var workers = consul.Health.ServiceAsync(CatalogNames.Worker, passingOnly: false, cancellationToken);
        await Task.WhenAll(reading, workers);

        var pairs = await reading;
        var commit = pairs.FirstOrDefault(p => p.Key == StateKeys.Commits)?.ModifyIndex ?? 0;
        var current = await specs.ReadAsync(pairs.FirstOrDefault(p => p.Key == StateKeys.SpecCurrent), cancellationToken);
        var routes = TryRead(pairs.FirstOrDefault(p => p.Key == StateKeys.Routes), StateJson.Default.RoutesRecord);
        var snapshot = new ClusterSnapshot
        {
            Index = pairs.IsEmpty ? 0 : pairs.Max(p => p.ModifyIndex),
            Spec = current?.Spec,
            SpecRevision = current?.Document.Revision ?? 0,
            SpecAppliedBy = current?.Document.AppliedBy,
            Routes = routes,
            Retained = current is null || routes is null ? [] : await specs.RetainedAsync(current.Spec, routes, cancellationToken),
            Nodes = ToMap(pairs, StateKeys.Nodes, StateJson.Default.NodeRecord, r => r.Node.Value, r => new NodeState(r, NodeStatus.Unknown)),
            Assignments = ToMap(pairs, StateKeys.Desired, StateJson.Default.NodeAssignment, a => a.Node.Value, a => a),
            Observations = ToMap(pairs, StateKeys.Observed, StateJson.Default.NodeObservation, o => o.Node.Value, o => o),
            Rollouts = ToMap(pairs, StateKeys.Rollouts, StateJson.Default.RolloutRecord, r => r.Pool.Value, r => r),
            Requests = ToMap(pairs, StateKeys.Requests, StateJson.Default.RolloutRequest, r => r.Pool.Value, r => r),
            Eligibility = ToMap(pairs, StateKeys.Eligibility, StateJson.Default.NodeEligibility, e => e.Node.Value, e => e),
            Gateways = ToMap(pairs, StateKeys.Gateways, StateJson.Default.GatewayReport, g => g.Gateway, g => g),
        };
        var indexes = pairs.ToImmutableDictionary(p => p.Key, p => p.ModifyIndex, StringComparer.Ordinal);
        _documents.KeepOnly(indexes);
        return new StoredCluster(
            snapshot, current, ToLeader(pairs.FirstOrDefault(p => p.Key == StateKeys.Leader)), commit, indexes,
            [.. (await workers).Value.Where(w => w.AggregatedStatus != CheckStatus.Critical)
                .Select(w => w.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode)).OfType<string>()]);
    }

    /// <summary>
    /// Writes what follows from a plan. False when Consul refused: the state moved on, or this manager leads no more.
    /// Usually one transaction. Where it takes several, records of rollouts and routes come first: they are the intention that the
    /// assignments follow from, so whoever leads next goes on with it, and never tries again what was already judged.
    /// </summary>
    public Task<bool> TryCommitAsync(ClusterChange change, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        // Between manager and agent there is no call that would carry it: the assignment itself does.
        var trace = TraceContext.Current;
        FencedWrite[] writes =
        [
            .. change.Rollouts.Select(r => Write(StateKeys.RolloutOf(r.Pool), r, StateJson.Default.RolloutRecord)),
            .. change.Routes is { } routes ? [Write(StateKeys.Routes, routes, StateJson.Default.RoutesRecord)] : (FencedWrite[])[],
            .. change.Assignments.Select(a => Write(StateKeys.DesiredOf(a.Node), a, StateJson.Default.NodeAssignment, trace)),
        ];
        return writer.TryWriteAsync(writes, basis.CommitIndex, token, cancellationToken);

        FencedWrite Write<T>(string key, T document, JsonTypeInfo<T> type, string? traceparent = null)
        {
            var value = TraceContext.Beside(StateJson.Write(document, type), traceparent);
            return new FencedWrite(TxnOperation.CompareAndSet(key, value, basis.Indexes.GetValueOrDefault(key)), value.Length);
        }
    }

    /// <summary>
    /// Deletes all that is known of a node in one transaction. False when Consul refused, also because its agent has
    /// written meanwhile.
    /// </summary>
    public Task<bool> TryForgetAsync(NodeName node, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        string[] keys = [StateKeys.Node(node), StateKeys.ObservedOf(node), StateKeys.DesiredOf(node), StateKeys.EligibilityOf(node)];
        FencedWrite[] deletes =
        [
            .. keys.Where(basis.Indexes.ContainsKey).Select(k => new FencedWrite(TxnOperation.DeleteCompare(k, basis.Indexes[k]), 0)),
        ];
        return writer.TryWriteAsync(deletes, basis.CommitIndex, token, cancellationToken);
    }

    private ImmutableSortedDictionary<string, TValue> ToMap<TDocument, TValue>(
        ImmutableArray<KvPair> pairs, string prefix, JsonTypeInfo<TDocument> type, Func<TDocument, string> name, Func<TDocument, TValue> value)
        where TDocument : class
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, TValue>(StringComparer.Ordinal);
        foreach (var pair in pairs.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            try
            {
                var document = _documents.Read(pair, type);
                map[name(document)] = value(document);
            }
            catch (JsonException e)
            {
                LogUnreadable(pair.Key, e.Message);
            }
        }

        return map.ToImmutable();
    }

    private T? TryRead<T>(KvPair? pair, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return pair is null ? null : _documents.Read(pair, type);
        }
        catch (JsonException e)
        {
            LogUnreadable(pair!.Key, e.Message);
            return null;
        }
    }

    private StoredLeader? ToLeader(KvPair? pair)
    {
        if (pair?.Session is null)
        {
            return null;
        }

        try
        {
            return new StoredLeader(StateJson.Read(pair.Key, pair.Value, StateJson.Default.LeaderRecord), pair.LockIndex);
        }
        catch (JsonException e)
        {
            LogUnreadable(pair.Key, e.Message);
            return null;
        }
    }

    [LoggerMessage(4031, LogLevel.Error, "Key {Key} is left out because it cannot be read: {Error}")]
    private partial void LogUnreadable(string key, string error);
}
