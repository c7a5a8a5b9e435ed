using System.Collections.Immutable;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

public sealed class ReconcilerTests
{
    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "spreads over nodes", Of(Want("web", 2), Ready("n1"), Ready("n2")), "+web@n1 +web@n2" },
        { "goes round when there are more replicas than nodes", Of(Want("web", 3), Ready("n1"), Ready("n2")), "+web@n1 +web@n1 +web@n2" },
        { "prefers the node with fewest of the pool", Of(Want("web", 2), Ready("n1"), Ready("n2"), Has("web", 0, "n1")), "+web@n2" },
        { "then the least loaded", Of(Want("web", 1), Ready("n1"), Ready("n2"), Want("api", 1), Has("api", 0, "n1")), "+web@n2" },
        { "nothing to do once converged", Of(Want("web", 1), Ready("n1"), Has("web", 0, "n1")), "" },
        { "a crashed replica is its agent's business", Of(Want("web", 1), Ready("n1"), Sick("web", 0, "n1")), "" },
        { "a lost node's replica is replaced, and left to say what became of it", Of(Want("web", 1), Lost("n1"), Ready("n2"), Has("web", 0, "n1")), "+web@n2" },
        { "a node without a description was not removed", Of(Want("web", 1), Ready("n2"), Has("web", 0, "n1")), "" },
        { "a suspect node keeps its replicas", Of(Want("web", 1), Suspect("n1"), Ready("n2"), Has("web", 0, "n1")), "" },
        { "a new leader concludes nothing from silence", Of(Want("web", 1), Unknown("n1"), Ready("n2"), Has("web", 0, "n1")), "" },
        { "only ready nodes get replicas", Of(Want("web", 1), Suspect("n1"), Unknown("n2"), Lost("n3")), "!web:1" },
        { "scale down takes the sick one first", Of(Want("web", 1), Ready("n1"), Has("web", 0, "n1"), Sick("web", 1, "n1")), "-web/1@n1" },
        { "scale down then takes from the crowded node",
            Of(Want("web", 2), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n2")), "-web/1@n1" },
        { "a pool that left the spec is stopped", Of(Ready("n1"), Has("web", 0, "n1")), "-web/0@n1" },
        { "what is stopping is not stopped again, and does not count", Of(Want("web", 1), Ready("n1"), Stopping("web", 0, "n1")), "+web@n1" },
        { "what its node reports gone is forgotten", Of(Ready("n1"), Stopping("web", 0, "n1", AllocationPhase.Stopped)), "~web/0@n1" },
        { "zero replicas is a wish like any other", Of(Want("web", 0), Ready("n1"), Has("web", 0, "n1")), "-web/0@n1" },
    };

    public static TheoryData<string, ClusterSnapshot, string> Rollouts => new()
    {
        { "starts one new replica first", Of(Want("web", 2, "2"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1")), "+web@n1" },
        { "stops none before the new one is proven",
            Of(Want("web", 2, "2"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Fresh("web", 2, "n1", "2")), "" },
        { "stops one old replica when the new one is proven, and starts the next",
            Of(Want("web", 2, "2"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1", "2")), "+web@n1 -web/1@n1" },
        { "a wider surge starts more at once",
            Of(Want("web", 2, "2", surge: 2), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1")), "+web@n1 +web@n1" },
        { "without surge an old one goes first",
            Of(Want("web", 2, "2", surge: 0, unavailable: 1), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1")), "-web/1@n1" },
        { "a sick old replica goes before a good one",
            Of(Want("web", 2, "2"), Ready("n1"), Sick("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1", "2")), "+web@n1 -web/0@n1" },
        { "a new revision that never serves leaves the old ones alone",
            Of(Want("web", 2, "2"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Sick("web", 2, "n1", "2")), "" },
        { "a check that fails everywhere does not empty the pool",
            Of(Want("web", 2, "2"), Ready("n1"), Sick("web", 0, "n1"), Sick("web", 1, "n1"), Sick("web", 2, "n1", "2")), "" },
        { "new replicas spread among themselves, whatever the old ones do",
            Of(Want("web", 2, "2"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 2, "n2", "2"), Stopping("web", 3, "n1")),
            "+web@n1" },
        { "scaling down and rolling out together",
            Of(Want("web", 1, "2"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1", "2")), "-web/0@n1 -web/1@n1" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_brings_the_cluster_nearer_to_its_spec(string because, ClusterSnapshot snapshot, string expected) =>
        Assert.True(expected == Show(Reconciler.Compute(snapshot, Now)), $"{because}: {Show(Reconciler.Compute(snapshot, Now))}");

    [Theory]
    [MemberData(nameof(Rollouts))]
    public void Compute_replaces_old_revisions_start_first(string because, ClusterSnapshot snapshot, string expected) =>
        Assert.True(expected == Show(Reconciler.Compute(snapshot, Now)), $"{because}: {Show(Reconciler.Compute(snapshot, Now))}");

    public static TheoryData<string, ClusterSnapshot, string> Infeasible => new()
    {
        { "memory", Of(Want("web", 1, memoryMb: 9000), Ready("n1")), "of 1 node: 1 without 9000 MiB of memory free" },
        { "cpu", Of(Want("web", 1, cpu: 4500), Ready("n1"), Ready("n2")), "of 2 nodes: 2 without 4.5 cpu free" },
        { "arch", Of(Want("web", 1, placement: new PlacementSpec { Arch = "amd64" }), Ready("n1")), "of 1 node: 1 not amd64" },
        { "labels", Of(Want("web", 1, placement: Labelled("disk", "ssd")), Ready("n1"), Node("n2", NodeStatus.Lost)),
            "of 2 nodes: 1 not ready, 1 without disk=ssd" },
        { "spread", Of(Want("web", 2, placement: new PlacementSpec { Spread = SpreadRule.Required }), Ready("n1")),
            "of 1 node: 1 already holding a replica (spread: required)" },
        { "engine", Of(Want("web", 1), Node("n1", NodeStatus.Ready, runtime: RuntimeKind.Process)),
            "of 1 node: 1 without a container engine (the pool has no process command)" },
        { "no nodes", Of(Want("web", 1)), "the cluster has no nodes" },
    };

    [Theory]
    [MemberData(nameof(Infeasible))]
    public void Compute_says_why_a_replica_cannot_be_placed(string because, ClusterSnapshot snapshot, string expected)
    {
        var blocked = Assert.Single(Reconciler.Compute(snapshot, Now).Blocked);
        Assert.True(expected == blocked.Reason, $"{because}: {blocked.Reason}");
    }

    [Fact]
    public void Compute_places_only_where_labels_match() =>
        Assert.Equal("+web@n2", Show(Reconciler.Compute(
            Of(Want("web", 1, placement: Labelled("disk", "ssd")), Ready("n1"), Node("n2", NodeStatus.Ready, label: "disk=ssd")), Now)));

    [Fact]
    public void Compute_looks_again_when_time_alone_will_prove_a_new_replica()
    {
        var snapshot = Of(Want("web", 1, "2"), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1", "2"));
        Assert.Equal(Now.AddSeconds(0.6), Reconciler.Compute(snapshot, Now).LookAgainAt);
    }

    [Fact]
    public void Compute_places_nothing_on_a_node_whose_assignment_is_full()
    {
        var large = Template() with { Env = ImmutableSortedDictionary<string, string>.Empty.Add("A", new string('x', 110 * 1024)) };
        Cluster.Part wanted(string pool) => s => Want(pool, 1)(s) is var wants ? wants with
        {
            Spec = wants.Spec! with { Pools = [.. wants.Spec.Pools.Select(p => p.Name.Value == pool ? p with { Template = large } : p)] },
        } : s;
        var one = Of(wanted("a"), wanted("b"), wanted("c"), Want("d", 1), Ready("n1"));

        var plan = Reconciler.Compute(one, Now);

        Assert.Equal("!c:1 +a@n1 +b@n1 +d@n1", Show(plan));
        Assert.Contains("whose assignment is full", Assert.Single(plan.Blocked).Reason, StringComparison.Ordinal);
        Assert.Equal("+a@n1 +b@n2 +c@n1 +d@n2", Show(Reconciler.Compute(Ready("n2")(one), Now)));
    }

    [Fact]
    public void Compute_keeps_a_stopped_allocation_until_its_node_has_seen_the_order()
    {
        var snapshot = Of(Ready("n1"), Stopping("web", 0, "n1", AllocationPhase.Stopped));
        var late = snapshot with { Assignments = snapshot.Assignments.SetItem("n1", snapshot.Assignments["n1"] with { Generation = 8 }) };
        Assert.Empty(Reconciler.Compute(late, Now).Steps);
    }

    [Fact]
    public void Compute_without_a_spec_changes_nothing() =>
        Assert.Empty(Reconciler.Compute(Of(Ready("n1"), Has("web", 0, "n1")) with { Spec = null }, Now).Steps);

    private static PlacementSpec Labelled(string label, string value) => new()
    {
        Constraints = ImmutableSortedDictionary<string, string>.Empty.Add(label, value),
    };
}
