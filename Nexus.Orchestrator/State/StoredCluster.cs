using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Orchestrator.State;

/// <summary>The cluster's state as read from Consul, with what is needed to write it back.</summary>
/// <param name="Snapshot">What decisions look at. Node statuses are Unknown: they are the observer's to judge.</param>
/// <param name="Spec">The spec in force, or the last one that could be read; null where none is known.</param>
/// <param name="Leader">Who leads; absent while nobody does.</param>
/// <param name="CommitIndex">ModifyIndex of <see cref="StateKeys.Commits"/>; zero before the first commit.</param>
/// <param name="Indexes">ModifyIndex of every key that was read.</param>
/// <param name="Answering">Nodes whose agent's check passes, and whose machine answers its peers.</param>
/// <param name="Problems">Records that are missing or cannot be read.</param>
internal sealed record StoredCluster(
    ClusterSnapshot Snapshot, StoredSpec? Spec, RecordReading<StoredLeader> Leader, ulong CommitIndex,
    ImmutableDictionary<string, ulong> Indexes, ImmutableHashSet<string> Answering, ImmutableArray<RecordProblem> Problems)
{
    /// <summary>Which store it is.</summary>
    public RecordReading<ClusterIdentity> Identity { get; init; }
}

/// <summary>Who leads.</summary>
/// <param name="Record">What the leader says of itself.</param>
/// <param name="Epoch">Fencing token.</param>
internal sealed record StoredLeader(LeaderRecord Record, ulong Epoch);

/// <summary>What a leader writes for one plan.</summary>
/// <param name="Rollouts">Records of rollouts that moved on.</param>
/// <param name="Assignments">What nodes are told anew.</param>
/// <param name="Routes">The record of routes; null when it stays.</param>
internal sealed record ClusterChange(ImmutableArray<RolloutRecord> Rollouts, ImmutableArray<NodeAssignment> Assignments, RoutesRecord? Routes = null)
{
    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => Rollouts.IsEmpty && Assignments.IsEmpty && Routes is null;
}
