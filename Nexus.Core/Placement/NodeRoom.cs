using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Core.Placement;

/// <summary>What is left on one node while a plan is being made. Lives for one pass.</summary>
internal sealed class NodeRoom(NodeState state)
{
    private readonly Dictionary<PoolName, (int All, int Staying)> _perPool = [];
    private long _memory;
    private int _cpu;
    private int _count;

    public NodeRecord Record { get; } = state.Record;

    public NodeStatus Status { get; } = state.Status;

    /// <summary>Allocations of the pool that still hold room, those about to go among them.</summary>
    public int CountOf(PoolName pool) => _perPool.GetValueOrDefault(pool).All;

    /// <summary>Allocations of the pool that are to stay: what spreading is about.</summary>
    public int CountStaying(PoolName pool) => _perPool.GetValueOrDefault(pool).Staying;

    /// <summary>Share of the scarcer resource that is reserved, so that a node full of memory is not taken for its idle CPU.</summary>
    public double Load => Math.Max(Share(_cpu, Record.Capacity.CpuMillicores), Share(_memory, Record.Capacity.MemoryBytes));

    public int Count => _count;

    public bool HasCpu(ResourceSpec request) =>
        request.CpuMillicores == 0 || _cpu + request.CpuMillicores <= Record.Capacity.CpuMillicores;

    public bool HasMemory(ResourceSpec request) =>
        request.MemoryBytes == 0 || _memory + request.MemoryBytes <= Record.Capacity.MemoryBytes;

    public void Reserve(PoolName pool, ResourceSpec request, bool stays)
    {
        _cpu += request.CpuMillicores;
        _memory += request.MemoryBytes;
        _count++;
        _perPool[pool] = (CountOf(pool) + 1, CountStaying(pool) + (stays ? 1 : 0));
    }

    private static double Share(long used, long capacity) => capacity <= 0 ? 0 : (double)used / capacity;
}
