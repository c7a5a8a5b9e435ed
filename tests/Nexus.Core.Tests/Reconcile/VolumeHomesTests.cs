using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Preview;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>Replicas go where their volumes are, and wait rather than start beside an empty one.</summary>
public sealed class VolumeHomesTests
{
    private static readonly ImmutableArray<VolumeSpec> Named = [new("db-data", "/data", ReadOnly: false)];
    private static readonly ImmutableArray<VolumeSpec> Path = [new("/srv/db", "/data", ReadOnly: false)];
    private static readonly ImmutableArray<VolumeSpec> Alone = [new("db-data", "/data", ReadOnly: false, Exclusive: true)];

    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "a lost node is waited for", Of(Db(1), At("n1:1"), Lost("n1"), Ready("n2"), Runs(0, "n1")), "!db:1" },
        { "unless its volumes are given up", Of(Db(1), At("n1:1"), LeavesAll("n1", NodeStatus.Lost), Ready("n2"), Runs(0, "n1")), "+db@n2" },
        { "or the node has been removed", Of(Db(1), At("n1:1"), Ready("n2")), "+db@n2" },
        { "a node that is emptied keeps it", Of(Db(1), At("n1:1"), Leaving("n1"), Ready("n2"), Runs(0, "n1")), "" },
        { "unless its volumes are left behind", Of(Db(1), At("n1:1"), LeavesAll("n1"), Ready("n2"), Runs(0, "n1")), "+db@n2" },
        { "and what is not at home there yet goes", Of(Db(1), At(), Leaving("n1"), Ready("n2")), "+db@n2" },

        { "a new revision goes to the same node", Of(Db(1, "2"), At("n1:1", "1"), Ready("n1"), Ready("n2"), Runs(0, "n1", "1")), "+db@n1" },
        { "two that share a volume stay together",
            Of(Db(2, "2", surge: 2), At("n1:2", "1"), Ready("n1"), Ready("n2"), Runs(0, "n1", "1"), Runs(1, "n1", "1")), "+db@n1 +db@n1" },
        { "a new revision starts nowhere else while its node is emptied",
            Of(Db(2, "2"), At("n1:1,n2:1", "1"), Leaving("n1"), Ready("n2"), Ready("n3"), Runs(0, "n1", "1"), Runs(1, "n2", "1"), Runs(2, "n2", "2")), "!db:1 -db/1@n2" },
        { "nor while all of its nodes are",
            Of(Db(2, "2"), At("n1:1,n2:1", "1"), Leaving("n1"), Leaving("n2"), Ready("n3"), Runs(0, "n1", "1"), Runs(1, "n2", "1")), "!db:1" },
        { "one that stops first returns to its node", Of(Db(1, volumes: Alone), At("n1:1"), Ready("n1"), Ready("n2")), "+db@n1" },
        { "and waits for it", Of(Db(1, volumes: Alone), At("n1:1"), Lost("n1"), Ready("n2")), "!db:1" },
        { "also when its node was lost while it stopped",
            Of(Db(1, "2", volumes: Alone), At("n1:1", "1"), Lost("n1"), Ready("n2"), Stopping("db", 0, "n1")), "!db:1" },
        { "it is not stopped where its successor may not start",
            Of(Db(1, "2", volumes: Alone), At("n1:1", "1"), Leaving("n1"), Ready("n2"), Runs(0, "n1", "1", volumes: Alone)), "" },

        { "more replicas start where there are no volumes yet", Of(Db(2), At("n1:1"), Ready("n1"), Ready("n2"), Runs(0, "n1")), "+db@n2" },
        { "also beside one that is waited for",
            Of(Db(3), At("n1:1,n2:1"), Lost("n1"), Ready("n2"), Ready("n3"), Runs(0, "n1"), Runs(1, "n2")), "!db:1 +db@n3" },
        { "also while one waits for its node to be free, and is not stopped before there are more",
            Of(Db(3, "2", volumes: Alone), At("n1:1,n2:1", "1"), Ready("n1"), Ready("n2"), Ready("n3"), Runs(0, "n1", "1", volumes: Alone), Runs(1, "n2", "2", volumes: Alone)), "+db@n3" },
        { "scaled down, who serves stays and nobody is waited for", Of(Db(1), At("n1:1,n2:1"), Lost("n1"), Ready("n2"), Runs(0, "n1"), Runs(1, "n2")), "" },
        { "scaled to nothing and back it is where it was", Of(Db(2), At("n1:1,n3:1"), Ready("n1"), Ready("n2"), Ready("n3")), "+db@n1 +db@n3" },
        { "one that keeps failing is not moved", Of(Db(2), At("n1:1,n2:1"), Ready("n1"), Ready("n2"), Ready("n3"), Fails(0, "n1"), Runs(1, "n2")), "" },

        { "preferred moves", Of(Db(1), Affinity(VolumeAffinity.Preferred), At("n1:1"), Lost("n1"), Ready("n2"), Runs(0, "n1")), "+db@n2" },
        { "a path of the node moves", Of(Db(1, volumes: Path), At("n1:1"), Lost("n1"), Ready("n2"), Runs(0, "n1", volumes: Path)), "+db@n2" },
        { "unless that is asked for", Of(Db(1, volumes: Path), Affinity(VolumeAffinity.Required), At("n1:1"), Lost("n1"), Ready("n2"), Runs(0, "n1", volumes: Path)), "!db:1" },
        { "with standbys it moves", Of(Db(1), With(p => p with { WarmStandby = 1 }), At("n1:1"), Leaving("n1"), Ready("n2"), Runs(0, "n1")), "+db?@n2 +db@n2" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_keeps_replicas_with_their_volumes(string because, ClusterSnapshot snapshot, string expected)
    {
        Assert.NotEmpty(because);

        Assert.Equal(expected, Show(Reconciler.Compute(snapshot, Now)));
    }

    [Theory]
    [InlineData("", "n1:1", "a node where it has run is written down")]
    [InlineData("n1:1,n2:1", "n1:1", "fewer replicas, fewer nodes")]
    [InlineData("n3:1", "n1:1", "a node that left is forgotten")]
    public void Compute_writes_down_where_the_volumes_are(string before, string after, string because)
    {
        Assert.NotEmpty(because);

        var plan = Reconciler.Compute(Of(Db(1), At(before), Ready("n1"), Ready("n2"), Runs(0, "n1")), Now);

        Assert.Equal(Homes(after), Assert.Single(plan.Rollouts).VolumeHomes);
    }

    [Fact]
    public void A_drain_names_the_volume_that_blocks_it_and_the_flag()
    {
        var drain = Assert.Single(Reconciler.Compute(Of(Db(1), At("n1:1"), Leaving("n1"), Ready("n2"), Runs(0, "n1")), Now).Drains);

        Assert.Equal(
            "db: volume db-data on n1 does not move with a replica; to move it without the data: nexus drain n1 --leave-volumes", drain.Blocked);
    }

    [Fact]
    public void A_replica_that_leaves_its_volume_says_so()
    {
        var plan = Reconciler.Compute(Of(Db(1), At("n1:1"), LeavesAll("n1"), Ready("n2"), Runs(0, "n1"), Runs(1, "n2")), Now);

        Assert.Equal("node n1 is taken out of use; volume db-data stays there", Assert.IsType<StopStep>(Assert.Single(plan.Steps)).Reason);
    }

    [Fact]
    public void Warnings_name_the_volume_and_its_node()
    {
        var snapshot = Of(Db(1), At("n1:1"), Lost("n1"), Ready("n2"), Runs(0, "n1"));

        var kept = Assert.Single(VolumeWarnings.For(snapshot, snapshot.Spec!));
        Assert.Equal("worker_pools.db.volumes", kept.Key);
        Assert.StartsWith("volume db-data on node n1: the node is lost", kept.Message, StringComparison.Ordinal);

        var removed = Assert.Single(VolumeWarnings.For(snapshot, new ClusterSpec()));
        Assert.Equal("is removed; its volume db-data stays on node n1", removed.Message);

        var barred = Of(Db(1), With(p => p with { Placement = p.Placement with { Arch = "amd64" } }), At("n1:1"), Ready("n1"), Runs(0, "n1"));
        Assert.Contains("placement keeps the pool off that node", Assert.Single(VolumeWarnings.For(barred, barred.Spec!)).Message, StringComparison.Ordinal);
    }

    private static Part Db(int count, string version = "1", int surge = 1, ImmutableArray<VolumeSpec>? volumes = null) => s =>
        With(p => p with { Template = p.Template with { Volumes = volumes ?? Named } })(Want("db", count, version, surge)(s));

    private static Part Affinity(VolumeAffinity affinity) => With(p => p with { Placement = p.Placement with { VolumeAffinity = affinity } });

    /// <summary>The pool is proven in what it asks for, or rolls from an older version; its volumes are on these nodes.</summary>
    private static Part At(string homes = "", string? from = null) => s =>
    {
        var template = s.Spec!.Pools[^1].Template;
        var older = template with { Image = $"app:{from}" };
        return Cluster.At(from is null ? Stable : Progressing, null, null, r => r with
        {
            Stable = from is null ? r.Target : new RolloutRevision(PoolRevisions.Compute(older), older, 1),
            VolumeHomes = Homes(homes),
        })(s);
    };

    private static ImmutableArray<VolumeHome> Homes(string text) =>
    [
        .. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(home => home.Split(':'))
            .Select(home => new VolumeHome(new NodeName(home[0]), int.Parse(home[1], System.Globalization.CultureInfo.InvariantCulture))),
    ];

    private static Part LeavesAll(string name, NodeStatus status = NodeStatus.Ready) => s => Node(name, status)(s) with
    {
        Eligibility = s.Eligibility.Add(name, new NodeEligibility(new NodeName(name), true, "", "test", Now) { LeaveVolumes = true }),
    };

    private static Part Fails(int number, string node) => s =>
    {
        s = Runs(number, node)(s);
        var seen = s.Observations[node];
        return s with
        {
            Observations = s.Observations.SetItem(node, seen with
            {
                Allocations = [.. seen.Allocations.Select(a => a with { Phase = AllocationPhase.Failed, Healthy = false, HealthySince = null, Failures = 5, StartedAt = Now })],
            }),
        };
    };

    private static Part Runs(int number, string node, string version = "1", ImmutableArray<VolumeSpec>? volumes = null) => s =>
    {
        var template = Template(version) with { Volumes = volumes ?? Named };
        var revision = PoolRevisions.Compute(template);
        var id = new AllocationId($"db/{number}");
        s = Allocation("db", number, node, version, DesiredStatus.Run, AllocationPhase.Running, 60)(s);
        var assignment = s.Assignments[node];
        return s with
        {
            Assignments = s.Assignments.SetItem(node, assignment with
            {
                Allocations = [.. assignment.Allocations.Select(a => a.Id == id ? a with { Revision = revision } : a)],
                Templates = [.. assignment.Templates.Where(t => !t.Template.Volumes.IsEmpty && t.Revision != revision), new AssignedTemplate(new("db"), revision, template)],
            }),
        };
    };
}
