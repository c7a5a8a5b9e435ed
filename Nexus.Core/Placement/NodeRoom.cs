using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Placement;

/// <summary>What is left on one node while a plan is being made. Lives for one pass.</summary>
internal sealed class NodeRoom(NodeName node, NodeState state, bool isLeaving = false)
{
    /// <summary>
    /// Most bytes that placing may fill a node's assignment with. Below what one value of the store holds: the reasons why allocations
    /// are stopped come on top.
    /// </summary>
    public const int MaxAssignmentBytes = 320 * 1024;

    // What an assignment or, which is more, a node's report says of an allocation.
    private const int BytesPerAllocation = 320;

    private readonly Dictionary<PoolName, (int All, int Staying, int Standing, int Stopping)> _perPool = [];
    private readonly HashSet<(PoolName Pool, PoolRevision Revision)> _templates = [];
    private int _assignmentBytes;
    private HashSet<string>? _claims;
    private long _memory;
    private int _cpu;
    private int _count;

    public NodeName Node { get; } = node;

    /// <summary>What its agent says; null while that is not known.</summary>
    public NodeRecord? Record { get; } = state.Record;

    /// <summary>Whether not all of it is known: nothing may be placed there.</summary>
    public bool IsInDoubt { get; } = state.Doubts != RecordDoubts.None || state.Record is null;

    /// <summary>Whether it may be given allocations as far as its own state goes.</summary>
    public bool IsReady { get; } = state is { Status: NodeStatus.Ready, Doubts: RecordDoubts.None, Record: not null } && !isLeaving;

    /// <summary>Whether it answers, but is taken out of use.</summary>
    public bool IsLeaving { get; } = isLeaving && state.Status != NodeStatus.Lost;

    /// <summary>Whether it is given up.</summary>
    public bool IsLost { get; } = state.Status == NodeStatus.Lost;

    /// <summary>Allocations of the pool that still hold room, those about to go among them.</summary>
    public int CountOf(PoolName pool) => _perPool.GetValueOrDefault(pool).All;

    /// <summary>Allocations of the pool that are to stay: what spreading is about.</summary>
    public int CountStaying(PoolName pool) => _perPool.GetValueOrDefault(pool).Staying;

    /// <summary>Share of the scarcer resource that is reserved, so that a node full of memory is not taken for its idle CPU.</summary>
    public double Load => Math.Max(Share(_cpu, Capacity.CpuMillicores), Share(_memory, Capacity.MemoryBytes));

    public int Count => _count;

    public bool HasCpu(ResourceSpec request) =>
        request.CpuMillicores == 0 || _cpu + request.CpuMillicores <= Capacity.CpuMillicores;

    public bool HasMemory(ResourceSpec request) =>
        request.MemoryBytes == 0 || _memory + request.MemoryBytes <= Capacity.MemoryBytes;

    /// <summary>Whether the node's assignment, one value of the store, has room for one more allocation and its template.</summary>
    public bool HasAssignmentRoom(PoolName pool, StoredTemplate template) =>
        _assignmentBytes + BytesPerAllocation + template.Bytes <= MaxAssignmentBytes
        || (_assignmentBytes + BytesPerAllocation <= MaxAssignmentBytes && _templates.Contains((pool, template.Revision)));

    /// <summary>Of those, the ones that only stand by.</summary>
    public int CountStanding(PoolName pool) => _perPool.GetValueOrDefault(pool).Standing;

    /// <summary>Allocations of the pool that are not told to stop, of whatever revision.</summary>
    public int CountNotStopping(PoolName pool) => _perPool.GetValueOrDefault(pool) is var (all, _, _, stopping) ? all - stopping : 0;

    /// <summary>Whether anything here holds what the template can only hold alone.</summary>
    public bool HoldsClaimOf(PoolTemplate template) =>
        _claims is { } claims && template.HoldsExclusively && ClaimsOf(template).Any(claims.Contains);

    /// <summary>Takes room for an allocation: what is being stopped holds it too, until its node says it is gone.</summary>
    /// <param name="pool">Its pool.</param>
    /// <param name="template">What it is; null when that is not known any more.</param>
    /// <param name="stays">Whether it is to stay.</param>
    /// <param name="stands">Whether it stands by.</param>
    /// <param name="stops">Whether it is told to stop.</param>
    public void Reserve(PoolName pool, PoolTemplate? template, bool stays, bool stands = false, bool stops = false)
    {
        _count++;
        _assignmentBytes += BytesPerAllocation;
        var before = _perPool.GetValueOrDefault(pool);
        _perPool[pool] = (
            before.All + 1, before.Staying + (stays ? 1 : 0), before.Standing + (stays && stands ? 1 : 0), before.Stopping + (stops ? 1 : 0));
        if (template is null)
        {
            return;
        }

        var stored = StoredTemplate.Of(template);
        _assignmentBytes += _templates.Add((pool, stored.Revision)) ? stored.Bytes : 0;
        _cpu += template.Resources.CpuMillicores;
        _memory += template.Resources.MemoryBytes;
        if (template.HoldsExclusively)
        {
            (_claims ??= []).UnionWith(ClaimsOf(template));
        }
    }

    private NodeCapacity Capacity => Record?.Capacity ?? default;

    private static IEnumerable<string> ClaimsOf(PoolTemplate template)
    {
        if (template.HostPort is { } port)
        {
            yield return $"port {port}";
        }

        foreach (var volume in template.Volumes.Where(v => v.Exclusive))
        {
            yield return $"volume {volume.Source}";
        }
    }

    private static double Share(long used, long capacity) => capacity <= 0 ? 0 : (double)used / capacity;
}
