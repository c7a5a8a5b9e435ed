using System.Collections.Immutable;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Core.State;

/// <summary>All that a decision may look at, read at one moment.</summary>
public sealed record ClusterSnapshot
{
    /// <summary>Consul's index of the read; a plan is valid only as long as the state has not moved past it.</summary>
    public ulong Index { get; init; }

    /// <summary>Id of the store that was read; null before a leader has written one.</summary>
    public string? StoreId { get; init; }

    /// <summary>What is asked for; null before the first apply.</summary>
    public ClusterSpec? Spec { get; init; }

    /// <summary>Revision of <see cref="Spec"/>; zero before the first apply.</summary>
    public long SpecRevision { get; init; }

    /// <summary>Who applied <see cref="Spec"/>; null when that is not known.</summary>
    public string? SpecAppliedBy { get; init; }

    /// <summary>What gateways route by; null where there is no record that can be read.</summary>
    public RoutesRecord? Routes { get; init; }

    /// <summary>Pools that the spec has no more while routes may still lead to them, as the last spec with them described them.</summary>
    public ImmutableArray<PoolSpec> Retained { get; init; } = [];

    /// <summary>Every node of which anything is recorded, by name.</summary>
    public ImmutableSortedDictionary<string, NodeState> Nodes { get; init; } = ImmutableSortedDictionary.Create<string, NodeState>(StringComparer.Ordinal);

    /// <summary>What is assigned to each node, as far as it is known, by node name.</summary>
    public ImmutableSortedDictionary<string, NodeAssignment> Assignments { get; init; } = ImmutableSortedDictionary.Create<string, NodeAssignment>(StringComparer.Ordinal);

    /// <summary>Nodes whose assignment must be written although nothing changes in it, with the reason, by node name.</summary>
    public ImmutableSortedDictionary<string, string> Unwritten { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>How the rollout of each pool stands, as far as it is known, by pool name.</summary>
    public ImmutableSortedDictionary<string, RolloutRecord> Rollouts { get; init; } = ImmutableSortedDictionary.Create<string, RolloutRecord>(StringComparer.Ordinal);

    /// <summary>
    /// Rollouts whose record is missing or cannot be read although there was one, with the problem, by pool name. Where
    /// <see cref="Rollouts"/> holds one all the same, it is the one last known.
    /// </summary>
    public ImmutableSortedDictionary<string, string> LostRollouts { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>What people last asked of each rollout, by pool name.</summary>
    public ImmutableSortedDictionary<string, RolloutRequest> Requests { get; init; } = ImmutableSortedDictionary.Create<string, RolloutRequest>(StringComparer.Ordinal);

    /// <summary>Nodes that people took out of use or are taking out, by node name.</summary>
    public ImmutableSortedDictionary<string, NodeEligibility> Eligibility { get; init; } = ImmutableSortedDictionary.Create<string, NodeEligibility>(StringComparer.Ordinal);

    /// <summary>What the live gateways say, by gateway.</summary>
    public ImmutableSortedDictionary<string, GatewayReport> Gateways { get; init; } = ImmutableSortedDictionary.Create<string, GatewayReport>(StringComparer.Ordinal);

    /// <summary>What each node reports, by node name.</summary>
    public ImmutableSortedDictionary<string, NodeObservation> Observations { get; init; } = ImmutableSortedDictionary.Create<string, NodeObservation>(StringComparer.Ordinal);
}
