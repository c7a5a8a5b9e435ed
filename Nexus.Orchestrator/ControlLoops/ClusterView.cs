using System.Collections.Immutable;
using Nexus.Core.Reconcile;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.ControlLoops;

/// <summary>What this manager saw at its last look.</summary>
/// <param name="Stored">As read, node statuses judged.</param>
/// <param name="Plan">What a leader would do about it.</param>
/// <param name="At">When, by this machine's clock.</param>
internal sealed record Look(StoredCluster Stored, ReconcilePlan Plan, DateTimeOffset At)
{
    /// <summary>How far the clocks of nodes are ahead of this manager's, by node name.</summary>
    public ImmutableSortedDictionary<string, TimeSpan> ClockDifferences { get; init; } = ImmutableSortedDictionary<string, TimeSpan>.Empty;
}

/// <summary>The last look and how looking fares, for the API. Replaced whole, read without locks.</summary>
internal sealed class ClusterView
{
    private Look? _latest;
    private string? _trouble;
    private LeftOutRecords _oversized = new([]);

    /// <summary>The last look that succeeded; null before the first.</summary>
    public Look? Latest => Volatile.Read(ref _latest);

    /// <summary>What this manager, as the leader, cannot write for its size.</summary>
    public ImmutableArray<OversizedRecord> Oversized => Volatile.Read(ref _oversized).Records;

    /// <summary>Why looking fails at present; null while it does not.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    public void Saw(Look look)
    {
        Volatile.Write(ref _latest, look);
        Volatile.Write(ref _trouble, null);
    }

    public void LeftOut(ImmutableArray<OversizedRecord> oversized) => Volatile.Write(ref _oversized, new LeftOutRecords(oversized));

    public void Failed(string trouble) => Volatile.Write(ref _trouble, trouble);

    private sealed record LeftOutRecords(ImmutableArray<OversizedRecord> Records);
}
