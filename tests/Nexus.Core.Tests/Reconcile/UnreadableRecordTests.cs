using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>A record that is missing or cannot be read stops nothing, places nothing and returns nothing to use.</summary>
public sealed class UnreadableRecordTests
{
    private static readonly ClusterSnapshot Whole = Of(
        Want("web", 2), At(RolloutPhase.Stable, "1"), Ready("n1"), Ready("n2"), Ready("n3"), Has("web", 0, "n1"), Has("web", 1, "n2"));

    public static TheoryData<string, ClusterRecords, string> Cases => new()
    {
        { "all is well", Records(Whole), "" },
        { "a node's description", Records(Whole) with { Nodes = Broken(Records(Whole).Nodes, "n1") }, "" },
        { "a node's description is missing", Records(Whole) with { Nodes = Records(Whole).Nodes.Remove("n1") }, "" },
        { "an assignment", Records(Whole) with { Assignments = Broken(Records(Whole).Assignments, "n1") }, "*n1" },
        { "an assignment is missing", Records(Whole) with { Assignments = Records(Whole).Assignments.Remove("n1") }, "*n1" },
        { "an assignment that is remembered", Records(Whole) with { Assignments = Broken(Records(Whole).Assignments, "n1", remembered: true) }, "*n1" },
        { "a report", Records(Whole) with { Observations = Broken(Records(Whole).Observations, "n1") }, "" },
        { "a report is missing", Records(Whole) with { Observations = Records(Whole).Observations.Remove("n1") }, "" },
        { "a rollout", Records(Whole) with { Rollouts = Broken(Records(Whole).Rollouts, "web") }, "=web" },
        { "a rollout that is remembered", Records(Whole) with { Rollouts = Broken(Records(Whole).Rollouts, "web", remembered: true) }, "=web" },
        { "an eligibility", Records(Whole) with { Eligibility = Broken(Records(Whole).Eligibility, "n1") }, "" },
        { "a request", Records(Whole) with { Requests = Broken(Records(Whole).Requests, "web") }, "" },
        { "a gateway", Records(Whole) with { Gateways = Broken(Records(Whole).Gateways, "g1") }, "" },
        { "an assignment and what its node reports",
            Records(Whole) with { Assignments = Broken(Records(Whole).Assignments, "n1"), Observations = Broken(Records(Whole).Observations, "n1") }, "!web:2" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nothing_is_placed_or_stopped_because_of(string because, ClusterRecords records, string expected)
    {
        var plan = Reconciler.Compute(Judge(records.ToSnapshot()), Now);
        var shown = string.Join(' ', new[] { Show(plan) }
            .Concat(plan.Refreshed.Select(n => $"*{n}")).Concat(plan.Rollouts.Select(r => $"={r.Pool}")).Where(t => t.Length > 0));
        Assert.True(expected == shown, $"{because}: {shown}");
    }

    [Fact]
    public void A_node_in_doubt_gets_nothing_to_run_and_keeps_what_it_runs()
    {
        var more = Of(Want("web", 3), At(RolloutPhase.Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n2"), Has("web", 1, "n2"));
        var records = Records(more);

        Assert.Equal("+web@n1", Show(Plan(records)));
        foreach (var doubtful in new[]
        {
            records with { Nodes = Broken(records.Nodes, "n1") },
            records with { Eligibility = Broken(records.Eligibility, "n1") },
        })
        {
            Assert.Equal("+web@n2", Show(Plan(doubtful)));
        }
    }

    [Fact]
    public void A_drained_node_stays_out_of_use_when_its_eligibility_is_lost()
    {
        var drained = Of(Want("web", 1), At(RolloutPhase.Stable, "1"), Leaving("n1"));
        var empty = Assert.Single(AssignmentChanges.Compute(drained, Reconciler.Compute(drained, Now), epoch: 1));
        var records = Records(drained) with { Eligibility = ClusterRecords.None<NodeEligibility>() };
        records = records with { Assignments = records.Assignments.SetItem("n1", RecordReading.Of(empty)) };

        Assert.True(empty.OutOfUse);
        Assert.Equal(NodeStatus.Unknown, Judge(records.ToSnapshot()).Nodes["n1"].Status);
        Assert.Equal("!web:1", Show(Plan(records)));
    }

    [Fact]
    public void An_assignment_is_written_again_above_all_that_its_agent_has_seen_or_may_have_seen_since()
    {
        var records = Records(Whole);
        var seen = Whole.Observations["n1"] with { Epoch = 4, Generation = 20, Held = new AssignmentMark(4, 23), Refused = new AssignmentMark(4, 2) };
        records = records with
        {
            Assignments = Broken(records.Assignments, "n1"),
            Observations = records.Observations.SetItem("n1", RecordReading.Of(seen)),
        };

        var snapshot = Judge(records.ToSnapshot());
        var written = Assert.Single(AssignmentChanges.Compute(snapshot, Reconciler.Compute(snapshot, Now), WriterEpoch.Compute(snapshot, 4)));

        Assert.Equal((4UL, 1024UL), (written.Epoch, written.Generation));
        Assert.Equal(["web/0"], written.Allocations.Select(a => a.Id.Value));
        Assert.Equal("app:1", Assert.Single(written.Templates).Template.Image);
    }

    [Fact]
    public void A_counter_that_began_again_is_overtaken_and_nothing_that_runs_is_lost()
    {
        var records = Records(Whole);
        var fresh = NodeAssignment.Empty(new NodeName("n1")) with { Epoch = 4, Generation = 1 };
        var seen = Whole.Observations["n1"] with { Epoch = 4, Generation = 20 };
        records = records with
        {
            Assignments = records.Assignments.SetItem("n1", RecordReading.Of(fresh)),
            Observations = records.Observations.SetItem("n1", RecordReading.Of(seen)),
        };

        var snapshot = Judge(records.ToSnapshot());
        var plan = Reconciler.Compute(snapshot, Now);
        var written = Assert.Single(AssignmentChanges.Compute(snapshot, plan, epoch: 4));

        Assert.Equal("", Show(plan));
        Assert.Equal((21UL, "web/0"), (written.Generation, Assert.Single(written.Allocations).Id.Value));
        Assert.Contains(plan.Notices, n => n.Kind == "AssignmentRewritten" && n.Message.Contains("n1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lock_that_counts_from_one_again_writes_under_a_later_epoch_than_any_seen()
    {
        var snapshot = Whole with { Observations = Whole.Observations.SetItem("n1", Whole.Observations["n1"] with { Epoch = 7 }) };

        Assert.Equal(8UL, WriterEpoch.Compute(snapshot, own: 1));
        Assert.Equal(8UL, WriterEpoch.Compute(snapshot, own: 8));
    }

    [Fact]
    public void A_rollout_that_nobody_remembers_keeps_both_revisions_until_a_person_decides()
    {
        var halfway = Of(
            Want("web", 3, "2"), At(RolloutPhase.Progressing, "1"), Ready("n1"), Ready("n2"),
            Has("web", 0, "n1"), Has("web", 1, "n2"), Has("web", 2, "n1", "2"));
        var records = Records(halfway);

        var plan = Plan(records with { Rollouts = Broken(records.Rollouts, "web") });
        var rebuilt = Assert.Single(plan.Rollouts);

        Assert.Equal("", Show(plan));
        Assert.Equal((RolloutPhase.Paused, RevisionOf("1").Revision), (rebuilt.Phase, rebuilt.Stable?.Revision));
        Assert.Contains("nexus rollout resume web", rebuilt.Reason, StringComparison.Ordinal);
        Assert.Contains(plan.Notices, n => n.Kind == "RolloutRecordRebuilt");
    }

    [Fact]
    public void A_drain_takes_its_full_time_while_a_gateway_cannot_be_read()
    {
        var drain = new Drain(new AllocationId("web/0"), 0, new PoolName("web"), new DrainSpec { Timeout = TimeSpan.FromSeconds(10) });
        var unknown = new GatewayReport { Gateway = "g1", IsUnknown = true };

        Assert.False(DrainProgress.Judge(drain, [unknown], TimeSpan.FromSeconds(9)).GoOn);
        Assert.True(DrainProgress.Judge(drain, [unknown], TimeSpan.FromSeconds(10)).GoOn);
    }

    [Fact]
    public void A_rollout_does_not_fail_for_reports_that_cannot_be_read()
    {
        var late = Of(
            Want("web", 1, "2"), At(RolloutPhase.Progressing, "1", null, r => r with { ProgressAt = Now.AddHours(-1) }), Ready("n1"), Ready("n2"),
            Has("web", 0, "n1"), Fresh("web", 1, "n2", "2"));
        var records = Records(late);

        Assert.Contains(Plan(records).Notices, n => n.Kind == "RolloutFailed");
        Assert.DoesNotContain(Plan(records with { Observations = Broken(records.Observations, "n2") }).Notices, n => n.Kind == "RolloutFailed");
    }

    private static ReconcilePlan Plan(ClusterRecords records) => Reconciler.Compute(Judge(records.ToSnapshot()), Now);

    /// <summary>Every node answers.</summary>
    private static ClusterSnapshot Judge(ClusterSnapshot snapshot) => snapshot with
    {
        Nodes = snapshot.Nodes.ToImmutableSortedDictionary(
            n => n.Key,
            n => n.Value with { Status = NodeLiveness.WithDoubts(NodeStatus.Ready, n.Value.Doubts) }, StringComparer.Ordinal),
    };

    private static ClusterRecords Records(ClusterSnapshot snapshot) => new()
    {
        Index = snapshot.Index,
        Spec = snapshot.Spec,
        SpecRevision = snapshot.SpecRevision,
        Nodes = snapshot.Nodes.ToImmutableSortedDictionary(n => n.Key, n => RecordReading.Of(n.Value.Record!), StringComparer.Ordinal),
        Assignments = Readings(snapshot.Assignments),
        Observations = Readings(snapshot.Observations),
        Rollouts = Readings(snapshot.Rollouts),
        Requests = Readings(snapshot.Requests),
        Eligibility = Readings(snapshot.Eligibility),
        Gateways = Readings(snapshot.Gateways),
    };

    private static ImmutableSortedDictionary<string, RecordReading<T>> Readings<T>(ImmutableSortedDictionary<string, T> records)
        where T : class
        => records.ToImmutableSortedDictionary(r => r.Key, r => RecordReading.Of(r.Value), StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, RecordReading<T>> Broken<T>(
        ImmutableSortedDictionary<string, RecordReading<T>> readings, string name, bool remembered = false)
        where T : class
        => readings.SetItem(name, RecordReading.Unreadable<T>("'{' is an invalid start", remembered ? readings[name].Value : null));
}
