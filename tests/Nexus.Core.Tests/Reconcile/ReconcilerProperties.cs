using CsCheck;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>
/// Plays whole histories: a plan is applied, agents obey it at random speed, replicas fall sick at random, and the promises
/// of the rollout are checked after every step. The checks count for themselves and call nothing of the reconciler.
/// </summary>
public sealed class ReconcilerProperties
{
    private const int Steps = 60;

    private static readonly Gen<History> Histories = Gen.Select(
        Gen.Int[1, 4], Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 6], Gen.UInt,
        (nodes, before, surge, unavailable, after, seed) =>
            new History(nodes, before, surge, surge + unavailable == 0 ? 1 : unavailable, after, (int)(seed & 0x7fffffff)));

    private sealed record History(int Nodes, int Before, int Surge, int Unavailable, int After, int Seed);

    [Fact]
    public void A_rollout_never_exceeds_its_surge() => Histories.Sample(h =>
    {
        var most = Math.Max(h.Before, h.After) + h.Surge;
        Play(h, sick: true, snapshot => Assert.True(Live(snapshot) <= most, $"{Live(snapshot)} live, at most {most} allowed"));
    });

    [Fact]
    public void A_rollout_never_goes_below_what_it_promises_while_nothing_fails() => Histories.Sample(h =>
    {
        var least = Math.Min(h.Before, h.After) - h.Unavailable;
        Play(h, sick: false, snapshot => Assert.True(Available(snapshot) >= least, $"{Available(snapshot)} available, at least {least} promised"));
    });

    [Fact]
    public void Every_history_ends_with_the_wanted_replicas_of_the_wanted_revision() => Histories.Sample(h =>
    {
        var end = Play(h, sick: false, _ => { });
        Assert.Equal(h.After, Live(end));
        Assert.Equal(h.After, Available(end));
        Assert.Empty(Reconciler.Compute(end, Now.AddHours(1)).Steps);
        Assert.All(end.Assignments.Values.SelectMany(a => a.Allocations), a => Assert.Equal(DesiredStatus.Run, a.Desired));
        var revision = PoolRevisions.Compute(Template("2"));
        Assert.All(end.Assignments.Values.SelectMany(a => a.Allocations), a => Assert.Equal(revision, a.Revision));
    });

    private static int Live(ClusterSnapshot s) =>
        s.Assignments.Values.Sum(a => a.Allocations.Count(x => x.Desired == DesiredStatus.Run));

    private static int Available(ClusterSnapshot s) => s.Assignments.Values.Sum(a => a.Allocations.Count(x =>
        x.Desired == DesiredStatus.Run && s.Observations.GetValueOrDefault(a.Node.Value)?.Allocations.Any(o =>
            o.Id == x.Id && o is { Phase: AllocationPhase.Running, Healthy: true }) == true));

    private static ClusterSnapshot Play(History h, bool sick, Action<ClusterSnapshot> check)
    {
        var chance = new Random(h.Seed);
        var snapshot = Of(Want("web", h.Before));
        for (var i = 0; i < h.Nodes; i++)
        {
            snapshot = Ready($"n{i}")(snapshot);
        }

        var now = Now;
        for (var step = 0; step < Steps; step++)
        {
            var settled = step > Steps / 2;
            (snapshot, now) = Advance(snapshot, now, chance, obey: settled ? 1 : 0.6, sick && !settled ? 0.1 : 0);
        }

        snapshot = snapshot with { Spec = Of(Want("web", h.After, "2", h.Surge, h.Unavailable)).Spec };
        for (var step = 0; step < Steps * 2; step++)
        {
            var settled = step > Steps;
            (snapshot, now) = Advance(snapshot, now, chance, obey: settled ? 1 : 0.5, sick && !settled ? 0.1 : 0);
            check(snapshot);
        }

        return snapshot;
    }

    /// <summary>One pass of the leader, then each agent obeys or sleeps, then chance makes a replica sick or well.</summary>
    private static (ClusterSnapshot Snapshot, DateTimeOffset Now) Advance(
        ClusterSnapshot snapshot, DateTimeOffset now, Random chance, double obey, double sick)
    {
        now = now.AddSeconds(2);
        var plan = Reconciler.Compute(snapshot, now);
        foreach (var assignment in AssignmentChanges.Compute(snapshot, plan, epoch: 1))
        {
            snapshot = snapshot with { Assignments = snapshot.Assignments.SetItem(assignment.Node.Value, assignment) };
        }

        foreach (var assignment in snapshot.Assignments.Values.Where(_ => chance.NextDouble() < obey))
        {
            snapshot = snapshot with
            {
                Observations = snapshot.Observations.SetItem(assignment.Node.Value, Obey(assignment, snapshot, now, chance, sick)),
            };
        }

        foreach (var record in plan.Rollouts)
        {
            snapshot = snapshot with { Rollouts = snapshot.Rollouts.SetItem(record.Pool.Value, record) };
        }

        return (snapshot with { Index = snapshot.Index + 1 }, now);
    }

    private static NodeObservation Obey(NodeAssignment assignment, ClusterSnapshot snapshot, DateTimeOffset now, Random chance, double sick)
    {
        var before = snapshot.Observations.GetValueOrDefault(assignment.Node.Value)?.Allocations.ToDictionary(o => o.Id) ?? [];
        return new NodeObservation
        {
            Node = assignment.Node,
            Epoch = assignment.Epoch,
            Generation = assignment.Generation,
            Allocations = [.. assignment.Allocations.Select(a =>
            {
                var runs = a.Desired == DesiredStatus.Run;
                var healthy = runs && chance.NextDouble() >= sick;
                return new ObservedAllocation
                {
                    Id = a.Id,
                    Pool = a.Pool,
                    Revision = a.Revision,
                    Phase = runs ? AllocationPhase.Running : AllocationPhase.Stopped,
                    Healthy = healthy,
                    HealthySince = healthy ? before.GetValueOrDefault(a.Id)?.HealthySince ?? now : null,
                };
            })],
        };
    }
}
