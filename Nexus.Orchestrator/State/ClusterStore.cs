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
    /// <summary>Reads everything. An unreadable entry is left out with a log line: one bad key must not stop the cluster.</summary>
    public async Task<StoredCluster> ReadAsync(CancellationToken cancellationToken)
    {
        // First of all, so that a commit that lands while the rest is read makes whatever is decided on it void.
        var commit = await consul.Kv.GetAsync(StateKeys.Commits, ReadConsistency.Consistent, cancellationToken);

        // What leaders write decides (ids and fences hang on it), so it is read through the leader of the servers.
        var desired = consul.Kv.ListAsync(StateKeys.Desired, ReadConsistency.Consistent, cancellationToken);
        var rollouts = consul.Kv.ListAsync(StateKeys.Rollouts, ReadConsistency.Consistent, cancellationToken);
        var observed = consul.Kv.ListAsync(StateKeys.Observed, cancellationToken);
        var nodes = consul.Kv.ListAsync(StateKeys.Nodes, cancellationToken);
        var requests = consul.Kv.ListAsync(StateKeys.Requests, cancellationToken);
        var eligibility = consul.Kv.ListAsync(StateKeys.Eligibility, cancellationToken);
        var gateways = consul.Kv.ListAsync(StateKeys.Gateways, cancellationToken);
        var workers = consul.Health.ServiceAsync(CatalogNames.Worker, passingOnly: false, cancellationToken);
        var leader = consul.Kv.GetAsync(StateKeys.Leader, cancellationToken);
        var spec = specs.ReadAsync(cancellationToken);
        await Task.WhenAll(desired, rollouts, observed, nodes, requests, eligibility, gateways, workers, leader, spec);

        var assignments = await desired;
        var current = await spec;
        var snapshot = new ClusterSnapshot
        {
            Index = assignments.Index,
            Spec = current?.Spec,
            SpecRevision = current?.Document.Revision ?? 0,
            Nodes = ToMap((await nodes).Value, StateJson.Default.NodeRecord, r => r.Node.Value, r => new NodeState(r, NodeStatus.Unknown)),
            Assignments = ToMap(assignments.Value, StateJson.Default.NodeAssignment, a => a.Node.Value, a => a),
            Observations = ToMap((await observed).Value, StateJson.Default.NodeObservation, o => o.Node.Value, o => o),
            Rollouts = ToMap((await rollouts).Value, StateJson.Default.RolloutRecord, r => r.Pool.Value, r => r),
            Requests = ToMap((await requests).Value, StateJson.Default.RolloutRequest, r => r.Pool.Value, r => r),
            Eligibility = ToMap((await eligibility).Value, StateJson.Default.NodeEligibility, e => e.Node.Value, e => e),
            Gateways = ToMap((await gateways).Value, StateJson.Default.GatewayReport, g => g.Gateway, g => g),
        };
        IEnumerable<KvPair> writable =
            [.. assignments.Value, .. (await rollouts).Value, .. (await nodes).Value, .. (await observed).Value, .. (await eligibility).Value];
        return new StoredCluster(
            snapshot, current, ToLeader(await leader), commit?.ModifyIndex ?? 0,
            writable.ToImmutableDictionary(p => p.Key, p => p.ModifyIndex, StringComparer.Ordinal),
            [.. (await workers).Value.Where(w => w.AggregatedStatus != CheckStatus.Critical)
                .Select(w => w.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode)).OfType<string>()]);
    }

    /// <summary>
    /// Writes what follows from a plan. False when Consul refused: the state moved on, or this manager leads no more.
    /// Usually one transaction. Where it takes several, records of rollouts come first: they are the intention that the
    /// assignments follow from, so whoever leads next goes on with it, and never tries again what was already judged.
    /// </summary>
    public Task<bool> TryCommitAsync(ClusterChange change, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        // Between manager and agent there is no call that would carry it: the assignment itself does.
        var trace = TraceContext.Current;
        FencedWrite[] writes =
        [
            .. change.Rollouts.Select(r => Write(StateKeys.RolloutOf(r.Pool), r, StateJson.Default.RolloutRecord)),
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
        ImmutableArray<KvPair> pairs, JsonTypeInfo<TDocument> type, Func<TDocument, string> name, Func<TDocument, TValue> value)
        where TDocument : class
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, TValue>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            try
            {
                var document = StateJson.Read(pair.Key, pair.Value, type);
                map[name(document)] = value(document);
            }
            catch (JsonException e)
            {
                LogUnreadable(pair.Key, e.Message);
            }
        }

        return map.ToImmutable();
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
