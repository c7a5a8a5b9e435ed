using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.State;

/// <summary>The cluster's state as read from Consul, with what is needed to write it back.</summary>
/// <param name="Snapshot">What decisions look at. Node statuses are Unknown: they are the observer's to judge.</param>
/// <param name="Spec">The spec in force; null before the first apply.</param>
/// <param name="Leader">Who leads; null while nobody does.</param>
/// <param name="AssignmentIndexes">ModifyIndex of each node's assignment.</param>
/// <param name="Answering">Nodes whose agent's check passes.</param>
internal sealed record StoredCluster(
    ClusterSnapshot Snapshot, StoredSpec? Spec, StoredLeader? Leader,
    ImmutableDictionary<string, ulong> AssignmentIndexes, ImmutableHashSet<string> Answering);

/// <summary>Who leads.</summary>
/// <param name="Record">What the leader says of itself.</param>
/// <param name="Epoch">Fencing token.</param>
internal sealed record StoredLeader(LeaderRecord Record, ulong Epoch);

/// <summary>Reads and writes the cluster's state. Every write is fenced by the leader's session and by CAS.</summary>
internal sealed partial class ClusterStore(ConsulClient consul, SpecStore specs, ILogger<ClusterStore> logger)
{
    // Consul takes at most 512 KB a transaction, in base64 (facts of 1.8); this leaves room for keys and JSON.
    private const int MaxTransactionBytes = 300 * 1024;

    /// <summary>Reads everything. An unreadable entry is left out with a log line: one bad key must not stop the cluster.</summary>
    public async Task<StoredCluster> ReadAsync(CancellationToken cancellationToken)
    {
        // The assignments decide (ids and fences hang on their index), so they are read through the leader of the servers.
        var desired = consul.Kv.ListAsync(StateKeys.Desired, ReadConsistency.Consistent, cancellationToken);
        var observed = consul.Kv.ListAsync(StateKeys.Observed, cancellationToken);
        var nodes = consul.Kv.ListAsync(StateKeys.Nodes, cancellationToken);
        var workers = consul.Health.ServiceAsync(CatalogNames.Worker, passingOnly: false, cancellationToken);
        var leader = consul.Kv.GetAsync(StateKeys.Leader, cancellationToken);
        var spec = specs.ReadAsync(cancellationToken);
        await Task.WhenAll(desired, observed, nodes, workers, leader, spec);

        var assignments = await desired;
        var current = await spec;
        return new StoredCluster(
            new ClusterSnapshot
            {
                Index = assignments.Index,
                Spec = current?.Spec,
                SpecRevision = current?.Document.Revision ?? 0,
                Nodes = ToMap((await nodes).Value, StateJson.Default.NodeRecord, r => r.Node, r => new NodeState(r, NodeStatus.Unknown)),
                Assignments = ToMap(assignments.Value, StateJson.Default.NodeAssignment, a => a.Node, a => a),
                Observations = ToMap((await observed).Value, StateJson.Default.NodeObservation, o => o.Node, o => o),
            },
            current,
            ToLeader(await leader),
            assignments.Value.ToImmutableDictionary(p => p.Key[StateKeys.Desired.Length..], p => p.ModifyIndex),
            [.. (await workers).Value.Where(w => w.AggregatedStatus != CheckStatus.Critical)
                .Select(w => w.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode)).OfType<string>()]);
    }

    /// <summary>
    /// Writes assignments, all that fit into one transaction at a time. False when Consul refused: the state moved on, or
    /// this manager leads no more. What was written before the refusal stands; the next pass sees it.
    /// </summary>
    public async Task<bool> TryCommitAsync(
        ImmutableArray<NodeAssignment> assignments, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        var operations = new List<TxnOperation>();
        var bytes = 0;
        foreach (var assignment in assignments)
        {
            var value = StateJson.Write(assignment, StateJson.Default.NodeAssignment);
            if (operations.Count == ConsulTransactions.MaxOperations - 1 || (operations.Count > 0 && bytes + value.Length > MaxTransactionBytes))
            {
                if (!await TryExecuteAsync(operations, token, cancellationToken))
                {
                    return false;
                }

                operations.Clear();
                bytes = 0;
            }

            var index = basis.AssignmentIndexes.GetValueOrDefault(assignment.Node.Value);
            operations.Add(TxnOperation.CompareAndSet(StateKeys.DesiredOf(assignment.Node), value, index));
            bytes += value.Length;
        }

        return operations.Count == 0 || await TryExecuteAsync(operations, token, cancellationToken);
    }

    private async Task<bool> TryExecuteAsync(List<TxnOperation> operations, LeaderToken token, CancellationToken cancellationToken)
    {
        var result = await consul.Transactions.ExecuteAsync(
            [TxnOperation.CheckSession(StateKeys.Leader, token.Session), .. operations], cancellationToken);
        if (!result.Committed)
        {
            LogRefused(token.Epoch, string.Join("; ", result.Errors.Select(e => e.What)));
        }

        return result.Committed;
    }

    private ImmutableSortedDictionary<string, TValue> ToMap<TDocument, TValue>(
        ImmutableArray<KvPair> pairs, JsonTypeInfo<TDocument> type, Func<TDocument, NodeName> name, Func<TDocument, TValue> value)
        where TDocument : class
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, TValue>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            try
            {
                var document = StateJson.Read(pair.Key, pair.Value, type);
                map[name(document).Value] = value(document);
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

    [LoggerMessage(4030, LogLevel.Warning, "A write under epoch {Epoch} was refused, the next pass decides anew: {Reason}")]
    private partial void LogRefused(ulong epoch, string reason);

    [LoggerMessage(4031, LogLevel.Error, "Key {Key} is left out because it cannot be read: {Error}")]
    private partial void LogUnreadable(string key, string error);
}
