using Nexus.Core.Reconcile;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

public sealed class StandbyTests
{
    private static readonly Part OneWarm = With(p => p with { WarmStandby = 1 });

    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "one is kept on the emptier node", Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1")), "+web?@n2" },
        { "away from one another",
            Of(Want("web", 2), With(p => p with { WarmStandby = 2 }), At(Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n2"), Has("web", 1, "n2"), Stands("web", 2, "n1")),
            "+web?@n2" },
        { "it is not counted as a replica", Of(Want("web", 2), OneWarm, At(Stable, "1"), Ready("n1"), Has("web", 0, "n1"), Stands("web", 1, "n1", ready: false)), "+web@n1" },
        { "it takes over from one that failed",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Sick("web", 0, "n1"), Stands("web", 1, "n1")), "<web/0@n1 >web/1@n1" },
        { "only once it is ready",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Sick("web", 0, "n1"), Stands("web", 1, "n1", ready: false)), "" },
        { "and of the same revision",
            Of(Want("web", 1, "2"), OneWarm, At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Sick("web", 1, "n1", "2"), Stands("web", 2, "n1")), "" },
        { "it takes the place of one on a lost node",
            Of(Want("web", 2), OneWarm, At(Stable, "1"), Lost("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2"), Stands("web", 2, "n2")), "+web?@n2 >web/2@n2" },
        { "it does not come on top of the surge",
            Of(Want("web", 2), OneWarm, At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n1"), Fresh("web", 2, "n2"), Stands("web", 3, "n2")), "" },
        { "one exchange is not repeated before it is carried out",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Paused("web", 0, "n1"), Stands("web", 1, "n1", ready: false)), "" },
        { "a check that fails everywhere exchanges nobody",
            Of(Want("web", 2), OneWarm, At(Stable, "1"), Ready("n1"), Unwell("web", 0, "n1"), Unwell("web", 1, "n1"), Stands("web", 2, "n1")), "" },
        { "a check that fails at one does", Of(Want("web", 2), OneWarm, At(Stable, "1"), Ready("n1"), Unwell("web", 0, "n1"), Has("web", 1, "n1"), Stands("web", 2, "n1")), "<web/0@n1 >web/2@n1" },
        { "none comes during a rollout", Of(Want("web", 1, "2"), OneWarm, At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1", "2")), "" },
        { "old ones go once the new revision is proven",
            Of(Want("web", 1, "2"), OneWarm, At(Stable, "2"), Ready("n1"), Has("web", 0, "n1", "2"), Stands("web", 1, "n1")), "+web?@n1 -web/1@n1" },
        { "nor does one stay that nobody wants", Of(Want("web", 1), At(Stable, "1"), Ready("n1"), Has("web", 0, "n1"), Stands("web", 1, "n1")), "-web/1@n1" },
        { "an agent's own exchange is confirmed",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Paused("web", 0, "n1"), Serving("web", 1, "n1")), "<web/0@n1 >web/1@n1" },
        { "also one for a replica of another node",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Ready("n2"), Sick("web", 0, "n1"), Serving("web", 1, "n2")), "<web/0@n1 >web/1@n2" },
        { "but not for one that serves again",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Serving("web", 1, "n2")), "" },
        { "nor for one that only starts",
            Of(Want("web", 1), OneWarm, At(Stable, "1"), Ready("n1"), Ready("n2"), Allocation("web", 0, "n1", "1", DesiredStatus.Run, AllocationPhase.Starting, null), Serving("web", 1, "n2")), "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_keeps_standbys(string because, ClusterSnapshot snapshot, string expected) =>
        Assert.True(expected == Show(Reconciler.Compute(snapshot, Now)), $"{because}: {Show(Reconciler.Compute(snapshot, Now))}");

    public static TheoryData<string, ClusterSnapshot, string> Watches => new()
    {
        { "nobody without a standby", Of(Want("web", 2), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2")), "" },
        { "the other nodes of its pool",
            Of(Want("web", 3), OneWarm, Ready("n1"), Ready("n2"), Ready("n3"), Has("web", 0, "n1"), Has("web", 1, "n2"), Has("web", 2, "n3"), Stands("web", 3, "n1")),
            "n1>n2 n1>n3" },
        { "a node is watched by one",
            Of(Want("web", 2), OneWarm, Ready("n1"), Ready("n2"), Ready("n3"), Has("web", 0, "n3"), Stands("web", 1, "n1"), Stands("web", 2, "n2")), "n1>n3" },
        { "not for another revision",
            Of(Want("web", 2, "2"), OneWarm, Ready("n1"), Ready("n2"), Has("web", 0, "n2", "2"), Stands("web", 1, "n1")), "" },
        { "nor is a lost node", Of(Want("web", 2), OneWarm, Ready("n1"), Lost("n2"), Has("web", 0, "n2"), Stands("web", 1, "n1")), "" },
    };

    [Theory]
    [MemberData(nameof(Watches))]
    public void A_standby_watches_the_nodes_that_have_none(string because, ClusterSnapshot snapshot, string expected)
    {
        var plan = Reconciler.Compute(snapshot, Now);
        var changed = AssignmentChanges.Compute(snapshot, plan, epoch: 1);
        var told = string.Join(' ', changed.SelectMany(a => a.Watches.Select(w => $"{a.Node}>{w.Node}")));

        Assert.True(expected == told, $"{because}: {told}");
        var written = snapshot with { Assignments = snapshot.Assignments.SetItems(changed.Select(a => KeyValuePair.Create(a.Node.Value, a))) };
        Assert.DoesNotContain(written.Assignments.Values, a => PeerWatches.Outdated(written).Contains(a.Node) && plan.Steps.IsEmpty);
    }

    [Fact]
    public void A_frozen_pool_is_told_once()
    {
        var snapshot = Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Unwell("web", 0, "n1"), Unwell("web", 1, "n1"));
        var plan = Reconciler.Compute(snapshot, Now);
        Assert.Equal("PoolFrozen", Assert.Single(plan.Notices).Kind);

        var next = snapshot with { Rollouts = snapshot.Rollouts.SetItem("web", Assert.Single(plan.Rollouts)) };
        Assert.True(Reconciler.Compute(next, Now) is { Notices.IsEmpty: true, IsEmpty: true });
    }

    /// <summary>Runs as wanted, but is paused as yet.</summary>
    private static Part Paused(string pool, int number, string node) =>
        Allocation(pool, number, node, "1", DesiredStatus.Run, AllocationPhase.Paused, healthyFor: null);

    /// <summary>Is to stand by, but serves.</summary>
    private static Part Serving(string pool, int number, string node) =>
        Allocation(pool, number, node, "1", DesiredStatus.Standby, AllocationPhase.Running, healthyFor: 1);

    /// <summary>Runs and fails its check.</summary>
    private static Part Unwell(string pool, int number, string node) =>
        Allocation(pool, number, node, "1", DesiredStatus.Run, AllocationPhase.Running, healthyFor: null);
}
