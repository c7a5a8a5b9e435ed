using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.State;

/// <summary>
/// Every record of the cluster's state as it was read at one moment, those that cannot be read among them. A key that is not
/// listed is absent.
/// </summary>
public sealed record ClusterRecords
{
    /// <summary>Consul's index of the read.</summary>
    public ulong Index { get; init; }

    /// <summary>Id of the store; null before a leader has written one.</summary>
    public string? StoreId { get; init; }

    /// <summary>The spec in force, or the last readable one while that cannot be read; null where none is known.</summary>
    public ClusterSpec? Spec { get; init; }

    /// <summary>Revision of <see cref="Spec"/>; zero without one.</summary>
    public long SpecRevision { get; init; }

    /// <summary>Who applied <see cref="Spec"/>; null when that is not known.</summary>
    public string? SpecAppliedBy { get; init; }

    /// <summary>What gateways route by; null where there is no record that can be read.</summary>
    public RoutesRecord? Routes { get; init; }

    /// <summary>Pools that the spec has no more while routes may still lead to them, as the last spec with them described them.</summary>
    public ImmutableArray<PoolSpec> Retained { get; init; } = [];

    /// <summary>Descriptions of nodes, by node name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<NodeRecord>> Nodes { get; init; } = None<NodeRecord>();

    /// <summary>Assignments, by node name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<NodeAssignment>> Assignments { get; init; } = None<NodeAssignment>();

    /// <summary>Reports of agents, by node name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<NodeObservation>> Observations { get; init; } = None<NodeObservation>();

    /// <summary>Rollouts, by pool name. An absent one may be listed with what was last known of it: these records are never deleted.</summary>
    public ImmutableSortedDictionary<string, RecordReading<RolloutRecord>> Rollouts { get; init; } = None<RolloutRecord>();

    /// <summary>Requests, by pool name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<RolloutRequest>> Requests { get; init; } = None<RolloutRequest>();

    /// <summary>Eligibility, by node name.</summary>
    public ImmutableSortedDictionary<string, RecordReading<NodeEligibility>> Eligibility { get; init; } = None<NodeEligibility>();

    /// <summary>Reports of gateways, by gateway.</summary>
    public ImmutableSortedDictionary<string, RecordReading<GatewayReport>> Gateways { get; init; } = None<GatewayReport>();

    /// <summary>No records.</summary>
    public static ImmutableSortedDictionary<string, RecordReading<T>> None<T>()
        where T : class
        => ImmutableSortedDictionary.Create<string, RecordReading<T>>(StringComparer.Ordinal);

    /// <summary>
    /// The snapshot that decisions look at. A node is listed as long as anything is recorded of it; what cannot be read of it is
    /// among its doubts. An assignment that cannot be read, or that its agent does not accept, is put together again from what is
    /// last known and what the node reports.
    /// </summary>
    public ClusterSnapshot ToSnapshot()
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, NodeState>(StringComparer.Ordinal);
        var assignments = ImmutableSortedDictionary.CreateBuilder<string, NodeAssignment>(StringComparer.Ordinal);
        var observations = ImmutableSortedDictionary.CreateBuilder<string, NodeObservation>(StringComparer.Ordinal);
        var unwritten = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var name in Nodes.Keys.Concat(Assignments.Keys).Concat(Observations.Keys).Distinct(StringComparer.Ordinal))
        {
            var (record, seen) = (Nodes.GetValueOrDefault(name), Observations.GetValueOrDefault(name));
            var recovered = AssignmentRecovery.Compute(new NodeName(name), Assignments.GetValueOrDefault(name), seen, StoreId);
            if (recovered.Assignment is { } assignment)
            {
                assignments.Add(name, assignment);
            }

            if (recovered.Rewrite is { } why)
            {
                unwritten.Add(name, why);
            }

            if ((seen.Value ?? seen.LastKnown) is { } observation)
            {
                observations.Add(name, observation);
            }

            nodes.Add(name, new NodeState(record.Value, NodeStatus.Unknown, Returning: seen.IsUnreadable)
            {
                LastKnown = record.Value ?? record.LastKnown,
                Doubts = (record.Value is null ? RecordDoubts.Record : RecordDoubts.None)
                    | (recovered.IsUnknown ? RecordDoubts.Assignment : RecordDoubts.None)
                    | (seen.IsUnreadable ? RecordDoubts.Observation : RecordDoubts.None)
                    | (IsEligibilityInDoubt(name, recovered.Assignment) ? RecordDoubts.Eligibility : RecordDoubts.None),
            });
        }

        return new ClusterSnapshot
        {
            Index = Index,
            StoreId = StoreId,
            Spec = Spec,
            SpecRevision = SpecRevision,
            SpecAppliedBy = SpecAppliedBy,
            Routes = Routes,
            Retained = Retained,
            Nodes = nodes.ToImmutable(),
            Assignments = assignments.ToImmutable(),
            Observations = observations.ToImmutable(),
            Unwritten = unwritten.ToImmutable(),
            Rollouts = Known(Rollouts),
            LostRollouts = LostOf(Rollouts),
            Requests = Readable(Requests),
            Eligibility = Readable(Eligibility),
            Gateways = Readable(Gateways),
        };
    }

    // Putting a node back to use leaves a record, so one that is missing says nothing about a node that was out of use.
    private bool IsEligibilityInDoubt(string name, NodeAssignment? assignment) => Eligibility.GetValueOrDefault(name).Status switch
    {
        RecordStatus.Unreadable => true,
        RecordStatus.Absent => assignment is { OutOfUse: true },
        _ => false,
    };

    private static ImmutableSortedDictionary<string, T> Readable<T>(ImmutableSortedDictionary<string, RecordReading<T>> readings)
        where T : class
        => readings.Where(r => r.Value.Value is not null).ToImmutableSortedDictionary(r => r.Key, r => r.Value.Value!, StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, T> Known<T>(ImmutableSortedDictionary<string, RecordReading<T>> readings)
        where T : class
        => readings.Where(r => (r.Value.Value ?? r.Value.LastKnown) is not null)
            .ToImmutableSortedDictionary(r => r.Key, r => (r.Value.Value ?? r.Value.LastKnown)!, StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, string> LostOf(ImmutableSortedDictionary<string, RecordReading<RolloutRecord>> readings) =>
        readings.Where(r => r.Value.IsUnreadable || (r.Value.Value is null && r.Value.LastKnown is not null))
            .ToImmutableSortedDictionary(r => r.Key, r => r.Value.Reason is { } reason ? $"could not be read ({reason})" : "was missing", StringComparer.Ordinal);
}
