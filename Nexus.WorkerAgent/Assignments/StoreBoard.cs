using Nexus.Core.State;

namespace Nexus.WorkerAgent.Assignments;

/// <summary>What Consul last showed of the store itself and of whether this node has an assignment in it.</summary>
internal sealed class StoreBoard
{
    private ClusterIdentity? _identity;
    private volatile bool _lacksAssignment;

    /// <summary>Which store it is; null before that was read, and while a store shows none.</summary>
    public ClusterIdentity? Identity => Volatile.Read(ref _identity);

    /// <summary>Whether Consul answered, and had no assignment of this node.</summary>
    public bool LacksAssignment => _lacksAssignment;

    /// <summary>Whether the store was shown to be another one, or to hold nothing for this node, since <paramref name="held"/> was accepted.</summary>
    public bool HasLost(NodeAssignment held) => LacksAssignment || (Identity is { } now && held.Store is { } id && now.Id != id);

    /// <summary>
    /// Whether it is the store of a cluster of another name than the one that <paramref name="held"/> belongs to: this machine was
    /// moved, and what runs here is none of that cluster's.
    /// </summary>
    public bool IsOfOtherCluster(NodeAssignment held) =>
        Identity is { Name: { } name } now && held.Store is { } id && now.Id != id && name != held.Cluster;

    public void NoteIdentity(ClusterIdentity? identity) => Volatile.Write(ref _identity, identity);

    public void NoteAssignment(bool isThere) => _lacksAssignment = !isThere;
}
