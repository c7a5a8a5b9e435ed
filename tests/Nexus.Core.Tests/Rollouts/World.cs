using System.Collections.Immutable;
using System.Text.Json;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Rollouts;

/// <summary>The shape of a history.</summary>
internal sealed record Plot(
    int Nodes, int Replicas, int Surge, int Unavailable, RolloutStrategy Strategy, bool Broken, bool Exclusive, int Seed);

/// <summary>A pool <c>web</c> with agents and one gateway, walked forward pass by pass. Counts for itself.</summary>
internal sealed class World
{
    private readonly Plot _plot;
    private readonly Random _chance;
    private readonly List<string> _told = [];
    private ClusterSnapshot _snapshot;
    private DateTimeOffset _now = Now;

    public World(Plot plot)
    {
        _plot = plot;
        _chance = new Random(plot.Seed);
        _snapshot = Of(Pool("1"));
        for (var i = 0; i < plot.Nodes; i++)
        {
            _snapshot = Ready($"n{i}")(_snapshot);
        }
    }

    public Action Check { get; set; } = () => { };

    public bool ForgetsBetweenPasses { get; init; }

    public IReadOnlyList<string> Told => _told;

    private bool StopsFirst => _plot.Exclusive || _plot.Surge == 0;

    /// <summary>The promise, from the words of the reference: wanted, plus the surge, or a second set.</summary>
    public int Most => _plot.Strategy == RolloutStrategy.BlueGreen
        ? (2 * _plot.Replicas) + _plot.Surge
        : _plot.Replicas + (StopsFirst ? 0 : _plot.Surge);

    public int Least => Math.Max(0, _plot.Replicas - (StopsFirst ? Math.Max(1, _plot.Unavailable) : _plot.Unavailable));

    public int Running => Wanted(DesiredStatus.Run).Count();

    public int Available => Wanted(DesiredStatus.Run).Count(IsAvailable);

    public int On(string node) => _snapshot.Assignments.GetValueOrDefault(node)?.Allocations.Length ?? 0;

    public void Deploy() => _snapshot = _snapshot with { Spec = Of(Pool("2")).Spec, SpecRevision = 2 };

    public void Empty(string node) => _snapshot = _snapshot with
    {
        Eligibility = _snapshot.Eligibility.SetItem(node, new NodeEligibility(new NodeName(node), true, "", "test", _now)),
    };

    /// <summary>Nothing fails and everybody follows at once.</summary>
    public void Settle(int passes)
    {
        foreach (var (name, node) in _snapshot.Nodes)
        {
            _snapshot = _snapshot with { Nodes = _snapshot.Nodes.SetItem(name, node with { Status = NodeStatus.Ready }) };
        }

        Follow(passes, obey: 1);
    }

    public void Follow(int passes, double obey, double nodeFaults = 0, double crashes = 0)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            _now += TimeSpan.FromSeconds(2);
            Lead();
            Check();
            foreach (var name in _snapshot.Nodes.Keys)
            {
                MoveNode(name, nodeFaults);
                if (_snapshot.Nodes[name].Status != NodeStatus.Lost && _chance.NextDouble() < obey)
                {
                    Obey(name, crashes);
                }
            }

            if (_chance.NextDouble() < obey)
            {
                Route();
            }

            _snapshot = _snapshot with { Index = _snapshot.Index + 1 };
        }
    }

    public void AssertHeldOnce()
    {
        if (_plot.Exclusive)
        {
            Assert.All(_snapshot.Assignments.Values, a => Assert.True(a.Allocations.Length <= 1, $"{a.Allocations.Length} hold one port on {a.Node}"));
        }
    }

    public void AssertEnded(bool faults = false)
    {
        var record = _snapshot.Rollouts["web"];
        var starts = _told.Count(t => t.StartsWith("RolloutStarted", StringComparison.Ordinal) && t.Contains("app:2"));
        Assert.True(starts == 1, $"the second revision was begun {starts} times: {string.Join('\n', _told)}");
        Assert.True(Running == _plot.Replicas && Available == _plot.Replicas,
            $"{Running} run, {Available} available, {_plot.Replicas} wanted; {record.Phase}: {record.Reason}\n{string.Join('\n', _told)}");
        if (!faults)
        {
            Assert.Equal(_plot.Broken ? RolloutPhase.RolledBack : RolloutPhase.Stable, record.Phase);
        }

        // With faults in the middle the good revision may have been given up too, but what runs is one and healthy.
        Assert.Contains(record.Phase, new[] { RolloutPhase.Stable, RolloutPhase.RolledBack });
        Assert.Equal(record.Stable!.Revision, Assert.Single(Wanted(DesiredStatus.Run).Select(a => a.Revision).Distinct()));
        Assert.True(!_plot.Broken || record.Phase == RolloutPhase.RolledBack, $"a broken revision is {record.Phase}");
        Assert.True(Reconciler.Compute(_snapshot, _now.AddHours(1)).IsEmpty);
    }

    private Part Pool(string version) => s => Rolls(r => r with
    {
        Strategy = _plot.Strategy,
        KeepOld = TimeSpan.FromSeconds(6),
        ProgressDeadline = TimeSpan.FromMinutes(20),
        Canary = new CanarySpec { Steps = [new CanaryStep { Weight = 30, Pause = TimeSpan.FromSeconds(4) }, new CanaryStep { Count = 2, Pause = TimeSpan.Zero }] },
    })(With(p => p with { Template = p.Template with { HostPort = _plot.Exclusive ? 5432 : null } })(
        Want("web", _plot.Replicas, version, _plot.Surge, _plot.Surge + _plot.Unavailable == 0 ? 1 : _plot.Unavailable)(s)));

    private void Lead()
    {
        if (ForgetsBetweenPasses)
        {
            _snapshot = _snapshot with { Rollouts = _snapshot.Rollouts.SetItems(_snapshot.Rollouts.Select(r => KeyValuePair.Create(r.Key, Reread(r.Value)))) };
        }

        var plan = Reconciler.Compute(_snapshot, _now);
        foreach (var assignment in AssignmentChanges.Compute(_snapshot, plan, epoch: 1))
        {
            _snapshot = _snapshot with { Assignments = _snapshot.Assignments.SetItem(assignment.Node.Value, assignment) };
        }

        foreach (var record in plan.Rollouts)
        {
            _snapshot = _snapshot with { Rollouts = _snapshot.Rollouts.SetItem(record.Pool.Value, record) };
        }

        _told.AddRange(plan.Notices.Select(n => $"{n.Kind}: {n.Message}"));
    }

    private static RolloutRecord Reread(RolloutRecord record) =>
        JsonSerializer.Deserialize<RolloutRecord>(JsonSerializer.Serialize(record))!;

    private void MoveNode(string name, double faults)
    {
        var node = _snapshot.Nodes[name];
        var next = node switch
        {
            { Returning: true } => node with { Returning = false },
            { Status: NodeStatus.Lost } when _chance.NextDouble() < 0.3 => node with { Status = NodeStatus.Ready, Returning = true },
            { Status: NodeStatus.Ready } when _chance.NextDouble() < faults => node with { Status = NodeStatus.Lost },
            _ => node,
        };
        _snapshot = _snapshot with { Nodes = _snapshot.Nodes.SetItem(name, next) };
    }

    private void Obey(string name, double crashes)
    {
        if (!_snapshot.Assignments.TryGetValue(name, out var assignment))
        {
            return;
        }

        var before = _snapshot.Observations.GetValueOrDefault(name)?.Allocations.ToDictionary(o => o.Id) ?? [];
        _snapshot = _snapshot with
        {
            Observations = _snapshot.Observations.SetItem(name, new NodeObservation
            {
                Node = assignment.Node,
                Epoch = assignment.Epoch,
                Generation = assignment.Generation,
                Allocations = [.. assignment.Allocations.Select(a => Next(a, before.GetValueOrDefault(a.Id), crashes))],
            }),
        };
    }

    // A start takes a pass or two; a stop goes over draining; what is broken fails again and again.
    private ObservedAllocation Next(AllocationAssignment told, ObservedAllocation? before, double crashes)
    {
        var seen = before ?? new ObservedAllocation { Id = told.Id, Pool = told.Pool, Revision = told.Revision };
        var isBroken = _plot.Broken && _snapshot.Assignments.Values.SelectMany(a => a.Templates)
            .First(t => t.Revision == told.Revision).Template.Image == "app:2";
        return (told.Desired, seen.Phase) switch
        {
            (DesiredStatus.Stop, AllocationPhase.Draining or AllocationPhase.Stopped) => seen with { Phase = AllocationPhase.Stopped },
            (DesiredStatus.Stop, _) => seen with { Phase = AllocationPhase.Draining, Healthy = false, HealthySince = null },
            (_, AllocationPhase.Pending) => seen with { Phase = AllocationPhase.Starting },
            (_, AllocationPhase.Starting or AllocationPhase.Failed) when isBroken =>
                seen with { Phase = AllocationPhase.Failed, Failures = seen.Failures + 1, Reason = "exited with code 1" },
            (_, AllocationPhase.Running) when _chance.NextDouble() < crashes =>
                seen with { Phase = AllocationPhase.Failed, Healthy = false, HealthySince = null, Failures = seen.Failures + 1 },
            (_, AllocationPhase.Running) => seen,
            (_, AllocationPhase.Failed) => seen with { Phase = AllocationPhase.Starting, Attempt = seen.Attempt + 1 },
            _ => seen with { Phase = AllocationPhase.Running, Healthy = true, HealthySince = _now },
        };
    }

    /// <summary>The gateway catches up with what serves.</summary>
    private void Route() => _snapshot = _snapshot with
    {
        Gateways = _snapshot.Gateways.SetItem("g1", new GatewayReport
        {
            Gateway = "g1",
            Pools = [new PoolName("web")],
            Destinations = [.. _snapshot.Observations.Values.SelectMany(o => o.Allocations)
                .Where(a => a is { Phase: AllocationPhase.Running, Healthy: true })
                .Select(a => new GatewayDestination(a.Id, a.Attempt, true, 0, 0))],
        }),
    };

    private IEnumerable<AllocationAssignment> Wanted(DesiredStatus desired) => _snapshot.Assignments.Values
        .Where(a => _snapshot.Nodes[a.Node.Value].Status != NodeStatus.Lost)
        .SelectMany(a => a.Allocations).Where(a => a.Desired == desired);

    private bool IsAvailable(AllocationAssignment allocation) =>
        _snapshot.Observations.Values.SelectMany(o => o.Allocations).FirstOrDefault(o => o.Id == allocation.Id)
            is { Phase: AllocationPhase.Running, Healthy: true } seen
        && _snapshot.Gateways.TryGetValue("g1", out var gateway)
        && gateway.Destinations.Any(d => d.Allocation == allocation.Id && d.Attempt == seen.Attempt);
}
