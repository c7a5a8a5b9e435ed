using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Shapes;

/// <summary>What goes wrong, and what people do meanwhile, as a seed has it.</summary>
internal sealed partial class Faults(SimCluster cluster, Chance chance)
{
    private SpecShape _wanted = SpecShape.Of(cluster.Shape.Pools);
    private int _active;
    private int _harmful;
    private int _blinding;
    private int _records;
    private TimeSpan? _drainedAt;

    /// <summary>When the last fault ended; a fault that goes on has not.</summary>
    public TimeSpan LastEndedAt { get; private set; }

    public bool Any => _active > 0;

    /// <summary>When the last fault ended that may cost requests: one that takes replicas, gateways or the ways between them.</summary>
    public TimeSpan LastHarmEndedAt { get; private set; }

    public bool AnyHarm => _harmful > 0;

    /// <summary>When the last fault ended that takes a node, its agent or a gateway: the second witness may be wanting then.</summary>
    public TimeSpan LastBlindAt { get; private set; }

    public bool AnyBlindness => _blinding > 0;

    /// <summary>What is wrong with records in Consul.</summary>
    public RecordFaults Records { get; } = new(cluster);

    /// <summary>Whether records are all that is wrong, and have been for a while.</summary>
    public bool OnlyRecords => _records > 0 && _records == _active;

    /// <summary>When the last fault ended that is not of records.</summary>
    public TimeSpan LastOtherAt { get; private set; }

    /// <summary>Whether people emptied a node, or put one back, not long ago.</summary>
    public bool IsDraining => Drained.Count > 0 || (_drainedAt is { } at && cluster.World.Elapsed - at < TimeSpan.FromSeconds(60));

    /// <summary>After this nothing is broken or changed any more.</summary>
    public TimeSpan Until { get; private set; }

    /// <summary>Told of every spec that holds, before the cluster can know of it.</summary>
    public Action<SpecShape>? Wanted { get; set; }

    /// <summary>Told of every fault when it begins, and whether it can cost no request.</summary>
    public Action<bool>? Began { get; set; }

    /// <summary>Told before Consul loses its data: all that was written is gone then.</summary>
    public Action? Emptying { get; set; }

    /// <summary>Whether Consul has lost its data, now or before.</summary>
    public bool IsEmptied { get; private set; }

    /// <summary>Nodes that people emptied.</summary>
    public HashSet<string> Drained { get; } = new(StringComparer.Ordinal);

    /// <summary>May have Consul lose its data, once. Drawn after all else, so that the rest of a seed stays what it was.</summary>
    public void PlanLoss(Chance own)
    {
        if (own.In(30))
        {
            cluster.World.After(own.Between(TimeSpan.FromSeconds(40), Until - TimeSpan.FromSeconds(30)), () => Empty(own));
        }
    }

    public void Plan()
    {
        cluster.Apply(_wanted);
        Wanted?.Invoke(_wanted);
        Until = TimeSpan.FromSeconds(chance.Between(120, 240));
        for (var i = chance.Between(1, 4); i > 0; i--)
        {
            At(30, Change);
        }

        if (cluster.Nodes.Count > 2 && chance.In(40))
        {
            At(30, Drain);
        }

        for (var i = chance.Between(0, 6); i > 0; i--)
        {
            At(40, Fault);
        }

        for (var i = chance.Between(0, 3); i > 0; i--)
        {
            At(40, SpoilRecord);
        }
    }

    private void At(int earliestSeconds, Action<Chance> what)
    {
        var own = chance.Fork();
        cluster.World.After(chance.Between(TimeSpan.FromSeconds(earliestSeconds), Until - TimeSpan.FromSeconds(20)), () => what(own));
    }

    private void For(Chance own, int least, int most, string what, Action begin, Action end, int atLeast = 0, bool harmless = false, bool blinds = false, bool ofRecords = false)
    {
        var seconds = Math.Max(atLeast, own.Between(least, most));
        cluster.World.Log("fault", what);
        _active++;
        _harmful += harmless ? 0 : 1;
        _blinding += blinds ? 1 : 0;
        Began?.Invoke(harmless);
        begin();
        cluster.World.After(TimeSpan.FromSeconds(seconds), () =>
        {
            cluster.World.Log("fault", "over: " + what);
            end();
            _active--;
            LastEndedAt = cluster.World.Elapsed;
            LastOtherAt = ofRecords ? LastOtherAt : cluster.World.Elapsed;
            if (blinds)
            {
                _blinding--;
                LastBlindAt = cluster.World.Elapsed;
            }

            if (!harmless)
            {
                _harmful--;
                LastHarmEndedAt = cluster.World.Elapsed;
            }
        });
    }
}
