using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.State;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.State;

/// <summary>Reads and writes the cluster's state. Every write is fenced by the leader's session and by CAS.</summary>
internal sealed class ClusterStore(ConsulClient consul, SpecStore specs, FencedWriter writer)
{
    private static readonly ImmutableArray<string> Prefixes =
    [
        StateKeys.Commits, StateKeys.Leader, StateKeys.Cluster, StateKeys.SpecCurrent, StateKeys.Desired, StateKeys.Rollouts, StateKeys.Routes,
        StateKeys.Observed,
        StateKeys.Nodes, StateKeys.Requests, StateKeys.Eligibility, StateKeys.Gateways,
    ];

    private readonly RecordCache _records = new();

    /// <summary>
    /// Reads everything, as it was at one moment. A record that cannot be read is in doubt, not absent: it does not stop the
    /// cluster, and nothing is changed because of it.
    /// </summary>
    public async Task<StoredCluster> ReadAsync(CancellationToken cancellationToken)
    {
        // What leaders write decides (ids and fences hang on it), so it is read through the leader of the servers.
        var reading = consul.Transactions.ReadAsync(Prefixes, ReadConsistency.Consistent, cancellationToken);
        var workers = consul.Health.ServiceAsync(CatalogNames.Worker, passingOnly: false, cancellationToken);
        await Task.WhenAll(reading, workers);

        var pairs = await reading;
        var state = new StateReading(pairs, _records);
        var current = await specs.ReadAsync(pairs.FirstOrDefault(p => p.Key == StateKeys.SpecCurrent), cancellationToken);
        var routes = ToRoutes(pairs.FirstOrDefault(p => p.Key == StateKeys.Routes), state);
        if (current is { ProblemKey: { } key, Problem: { } problem })
        {
            state.Note(key, problem);
        }

        var identity = ToIdentity(pairs.FirstOrDefault(p => p.Key == StateKeys.Cluster), state);
        var snapshot = new ClusterRecords
        {
            StoreId = identity.Value?.Id,
            Index = pairs.IsEmpty ? 0 : pairs.Max(p => p.ModifyIndex),
            Spec = current.Spec?.Spec,
            SpecRevision = current.Spec?.Document.Revision ?? 0,
            SpecAppliedBy = current.Spec?.Document.AppliedBy,
            Routes = routes,
            Retained = current.Spec is null || routes is null ? [] : await specs.RetainedAsync(current.Spec.Spec, routes, cancellationToken),
            Nodes = state.Under(StateKeys.Nodes, StateJson.Default.NodeRecord),
            Assignments = state.Under(StateKeys.Desired, StateJson.Default.NodeAssignment),
            Observations = state.Under(StateKeys.Observed, StateJson.Default.NodeObservation),
            Rollouts = state.UnderLasting(StateKeys.Rollouts, StateJson.Default.RolloutRecord),
            Requests = state.Under(StateKeys.Requests, StateJson.Default.RolloutRequest),
            Eligibility = state.Under(StateKeys.Eligibility, StateJson.Default.NodeEligibility),
            Gateways = state.Under(StateKeys.Gateways, StateJson.Default.GatewayReport),
        }.ToSnapshot();
        state.NoteMissing(snapshot);
        var leader = ToLeader(pairs.FirstOrDefault(p => p.Key == StateKeys.Leader), state);
        _records.KeepOnly(state.Indexes, except: StateKeys.Rollouts);
        return new StoredCluster(
            snapshot, current.Spec, leader, state.Indexes.GetValueOrDefault(StateKeys.Commits), state.Indexes,
            [.. (await workers).Value.Where(w => w.AggregatedStatus != CheckStatus.Critical)
                .Select(w => w.Service.Meta.GetValueOrDefault(CatalogNames.MetaNode)).OfType<string>()],
            state.Problems)
        {
            Identity = identity,
        };
    }

    /// <summary>
    /// Writes what follows from a plan. False when Consul refused: the state moved on, or this manager leads no more.
    /// Usually one transaction. Where it takes several, records of rollouts and routes come first: they are the intention that the
    /// assignments follow from, so whoever leads next goes on with it, and never tries again what was already judged.
    /// </summary>
    public async Task<bool> TryCommitAsync(ClusterChange change, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        // Between manager and agent there is no call that would carry it: the assignment itself does.
        var trace = TraceContext.Current;
        var written = new List<(string Key, ReadOnlyMemory<byte> Value, object Record)>();
        FencedWrite[] writes =
        [
            .. change.Rollouts.Select(r => Write(StateKeys.RolloutOf(r.Pool), r, StateJson.Default.RolloutRecord)),
            .. change.Routes is { } routes ? [Write(StateKeys.Routes, routes, StateJson.Default.RoutesRecord)] : (FencedWrite[])[],
            .. change.Assignments.Select(a => Write(StateKeys.DesiredOf(a.Node), a, StateJson.Default.NodeAssignment, trace)),
        ];
        if (!await writer.TryWriteAsync(writes, basis.CommitIndex, token, cancellationToken))
        {
            return false;
        }

        foreach (var (key, value, record) in written)
        {
            _records.Wrote(key, value, record);
        }

        return true;

        FencedWrite Write<T>(string key, T document, JsonTypeInfo<T> type, string? traceparent = null)
            where T : class
        {
            var value = TraceContext.Beside(StateJson.Write(document, type), traceparent);
            written.Add((key, value, document));
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

    /// <summary>Writes which store this is; false when Consul refused.</summary>
    public Task<bool> TryIdentifyAsync(ClusterIdentity identity, StoredCluster basis, LeaderToken token, CancellationToken cancellationToken)
    {
        var value = StateJson.Write(identity, StateJson.Default.ClusterIdentity);
        var write = TxnOperation.CompareAndSet(StateKeys.Cluster, value, basis.Indexes.GetValueOrDefault(StateKeys.Cluster));
        return writer.TryWriteAsync([new FencedWrite(write, value.Length)], basis.CommitIndex, token, cancellationToken);
    }

    private static RoutesRecord? ToRoutes(KvPair? pair, StateReading state)
    {
        var reading = StateRecords.Read(StateKeys.Routes, pair?.Value, StateJson.Default.RoutesRecord);
        if (reading.Reason is { } reason)
        {
            state.Note(StateKeys.Routes, reason);
        }

        return reading.Value;
    }

    private static RecordReading<ClusterIdentity> ToIdentity(KvPair? pair, StateReading state)
    {
        var reading = StateRecords.Read(StateKeys.Cluster, pair?.Value, StateJson.Default.ClusterIdentity);
        if (reading.Reason is { } reason)
        {
            state.Note(StateKeys.Cluster, reason);
        }

        return reading;
    }

    private static RecordReading<StoredLeader> ToLeader(KvPair? pair, StateReading state)
    {
        if (pair?.Session is null)
        {
            return RecordReading.Absent<StoredLeader>();
        }

        var record = StateRecords.Read(pair.Key, pair.Value, StateJson.Default.LeaderRecord);
        if (record.Value is { } leader)
        {
            return RecordReading.Of(new StoredLeader(leader, pair.LockIndex));
        }

        state.Note(pair.Key, record.Reason!);
        return RecordReading.Unreadable<StoredLeader>(record.Reason!);
    }
}
