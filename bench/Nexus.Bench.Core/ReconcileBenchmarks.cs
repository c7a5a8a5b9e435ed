using BenchmarkDotNet.Attributes;
using Nexus.Core.Reconcile;
using Nexus.Core.State;

namespace Nexus.Bench.Core;

/// <summary>A full pass of the reconciler, at the size we promise and at ten times that.</summary>
[MemoryDiagnoser]
[InProcess] // The generated project would not see the core: transitive references are off in this repository.
public class ReconcileBenchmarks
{
    private ClusterSnapshot _converged = new();
    private ClusterSnapshot _empty = new();
    private ClusterSnapshot _nodeLost = new();

    /// <summary>Nodes; there are ten allocations for each.</summary>
    [Params(100, 1_000, 10_000)]
    public int Nodes { get; set; }

    /// <summary>Makes the snapshots.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _empty = LargeCluster.Empty(Nodes, Nodes * 10);
        _converged = LargeCluster.Converged(Nodes, Nodes * 10);
        _nodeLost = Lose(_converged, Nodes / 100);
    }

    /// <summary>Nothing to do: what every resync costs.</summary>
    [Benchmark]
    public ReconcilePlan Converged() => Reconciler.Compute(_converged, LargeCluster.Now);

    /// <summary>Everything to place.</summary>
    [Benchmark]
    public ReconcilePlan PlaceAll() => Reconciler.Compute(_empty, LargeCluster.Now);

    /// <summary>One node in a hundred is lost.</summary>
    [Benchmark]
    public ReconcilePlan ReplaceLost() => Reconciler.Compute(_nodeLost, LargeCluster.Now);

    private static ClusterSnapshot Lose(ClusterSnapshot snapshot, int count)
    {
        var nodes = snapshot.Nodes;
        foreach (var (name, state) in snapshot.Nodes.Take(count))
        {
            nodes = nodes.SetItem(name, state with { Status = NodeStatus.Lost });
        }

        return snapshot with { Nodes = nodes };
    }
}
