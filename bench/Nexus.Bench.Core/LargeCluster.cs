using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Bench.Core;

/// <summary>Snapshots of any size: a hundred replicas a pool, ten replicas a node.</summary>
internal static class LargeCluster
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Nodes and a spec, nothing placed yet.</summary>
    public static ClusterSnapshot Empty(int nodes, int allocations, string image = "app:1") => new()
    {
        Index = 1,
        SpecRevision = 1,
        Spec = new ClusterSpec
        {
            Pools = [.. Enumerable.Range(0, allocations / 100).Select(i => new PoolSpec
            {
                Name = new PoolName($"pool-{i}"),
                MinReplicas = 100,
                MaxReplicas = 100,
                Template = new PoolTemplate { Image = image, Port = 80, Resources = new ResourceSpec { CpuMillicores = 100, MemoryBytes = 128 << 20 } },
            })],
        },
        Nodes = Enumerable.Range(0, nodes).ToImmutableSortedDictionary(i => $"n{i:D5}", Node, StringComparer.Ordinal),
    };

    /// <summary>The same, placed and healthy.</summary>
    public static ClusterSnapshot Converged(int nodes, int allocations)
    {
        var snapshot = Empty(nodes, allocations);
        var assignments = AssignmentChanges.Compute(snapshot, Reconciler.Compute(snapshot, Now), epoch: 1);
        return snapshot with
        {
            Index = 2,
            Assignments = assignments.ToImmutableSortedDictionary(a => a.Node.Value, a => a, StringComparer.Ordinal),
            Observations = assignments.ToImmutableSortedDictionary(a => a.Node.Value, Healthy, StringComparer.Ordinal),
        };
    }

    private static NodeState Node(int i) => new(
        new NodeRecord
        {
            Node = new NodeName($"n{i:D5}"),
            Capacity = new NodeCapacity(4000, 24L << 30),
            Arch = "arm64",
            Address = "10.0.0.1",
            ApiAddress = "http://10.0.0.1:8430",
            ConsulNode = $"n{i:D5}",
            AgentVersion = "1",
        },
        NodeStatus.Ready);

    private static NodeObservation Healthy(NodeAssignment assignment) => new()
    {
        Node = assignment.Node,
        Epoch = assignment.Epoch,
        Generation = assignment.Generation,
        Allocations = [.. assignment.Allocations.Select(a => new ObservedAllocation
        {
            Id = a.Id,
            Pool = a.Pool,
            Revision = a.Revision,
            Phase = AllocationPhase.Running,
            Healthy = true,
            HealthySince = Now.AddHours(-1),
        })],
    };
}
