using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>A store that lost everything, and agents that run on with what another one told them.</summary>
public sealed class EmptiedStoreTests
{
    private const string Old = "aaaaaaaaaaaaaaaa";
    private const string New = "bbbbbbbbbbbbbbbb";
    private static readonly PoolName Web = new("web");

    [Fact]
    public void Without_a_spec_what_runs_is_taken_over_and_nothing_else_happens()
    {
        var snapshot = Records(null, Report("n1", "1", "web-57-0"), Report("n2", "1", "web-57-1")).ToSnapshot();

        var plan = Reconciler.Compute(snapshot, Now);
        var written = AssignmentChanges.Compute(snapshot, plan, 1);

        Assert.Empty(plan.Steps);
        Assert.Equal(["n1", "n2"], written.Select(a => a.Node.Value));
        Assert.All(written, a => Assert.Equal((New, 1UL, DesiredStatus.Run, 1), (a.Store, a.Generation, a.Allocations.Single().Desired, a.Templates.Length)));
        Assert.Equal(["AssignmentRewritten", "AssignmentRewritten"], plan.Notices.Select(n => n.Kind));
    }

    [Fact]
    public void A_spec_with_the_same_template_asks_for_what_runs_and_changes_nothing()
    {
        var snapshot = Records(Of(Want("web", 2)).Spec, Report("n1", "1", "web-57-0"), Report("n2", "1", "web-57-1")).ToSnapshot();

        Assert.Empty(Reconciler.Compute(Ready(snapshot), Now).Steps);
    }

    [Fact]
    public void A_spec_with_another_template_starts_successors_and_stops_nothing_yet()
    {
        var snapshot = Ready(Records(Of(Want("web", 2, version: "2")).Spec, Report("n1", "1", "web-57-0"), Report("n2", "1", "web-57-1")).ToSnapshot());

        var plan = Reconciler.Compute(snapshot, Now);

        Assert.All(plan.Steps, step => Assert.IsType<PlaceStep>(step));
        Assert.NotEmpty(plan.Steps);
        Assert.Equal(PoolRevisions.Compute(Template("1")), plan.Rollouts.Single().Stable?.Revision);
    }

    [Fact]
    public void A_node_that_reports_late_is_taken_over_beside_what_was_placed_meanwhile()
    {
        var placed = Assignment(New, 3, "1", "web-bbbcb-0");
        var records = Records(Of(Want("web", 1)).Spec, Report("n1", "1", "web-57-0")) with
        {
            Assignments = ClusterRecords.None<NodeAssignment>().Add("n1", RecordReading.Of(placed)),
        };

        var recovered = records.ToSnapshot().Assignments["n1"];

        Assert.Equal(["web-bbbcb-0", "web-57-0"], recovered.Allocations.Select(a => a.Id.Value));
    }

    [Fact]
    public void What_was_taken_over_and_stopped_stays_stopped_while_the_report_is_old()
    {
        var stopped = Assignment(New, 3, "1", "web-57-0");
        stopped = stopped with { Allocations = [stopped.Allocations[0] with { Desired = DesiredStatus.Stop }] };
        var records = Records(Of(Want("web", 1)).Spec, Report("n1", "1", "web-57-0")) with
        {
            Assignments = ClusterRecords.None<NodeAssignment>().Add("n1", RecordReading.Of(stopped)),
        };

        var snapshot = records.ToSnapshot();

        Assert.Empty(snapshot.Unwritten);
        Assert.Equal(DesiredStatus.Stop, snapshot.Assignments["n1"].Allocations.Single().Desired);
        Assert.DoesNotContain(Reconciler.Compute(snapshot, Now).Steps, s => s is ForgetStep);
    }

    [Fact]
    public void Ids_of_two_stores_differ_at_the_same_index()
    {
        ImmutableArray<string> stores = [Old, New];
        var ids = stores.Select(store =>
            Reconciler.Compute(Of(Want("web", 1), Node("n1", NodeStatus.Ready)) with { StoreId = store }, Now).Steps.OfType<PlaceStep>().Single().Allocation);

        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(0UL, ClusterIdentity.IndexBase(null));
    }

    [Fact]
    public void An_assignment_missing_from_its_own_store_is_written_again_later_than_the_one_held()
    {
        var report = Report("n1", "1", "web-57-0");
        var snapshot = (Records(null, report) with { StoreId = Old }).ToSnapshot();

        var written = AssignmentChanges.Compute(snapshot, Reconciler.Compute(snapshot, Now), report.Epoch).Single();

        Assert.Equal((Old, report.Epoch, report.Generation + 1), (written.Store, written.Epoch, written.Generation));
    }

    [Fact]
    public void A_report_about_another_store_says_nothing_about_the_orders_of_this_one()
    {
        var assignment = Assignment(New, 1, "1", "web-57-0") with { Epoch = 57 };
        var snapshot = Of(Want("web", 1)) with
        {
            Observations = Of().Observations.Add("n1", new NodeObservation { Node = new NodeName("n1"), Store = Old, Epoch = 57, Generation = 9 }),
        };

        Assert.False(Membership.HasActed(snapshot, assignment));
        Assert.True(Membership.HasActed(snapshot, assignment with { Store = Old }));
    }

    private static ClusterRecords Records(ClusterSpec? spec, params NodeObservation[] reports) => new()
    {
        Index = 12,
        StoreId = New,
        Spec = spec,
        SpecRevision = spec is null ? 0 : 1,
        Nodes = reports.ToImmutableSortedDictionary(
            r => r.Node.Value, r => RecordReading.Of(Of(Node(r.Node.Value, NodeStatus.Ready)).Nodes[r.Node.Value].Record!), StringComparer.Ordinal),
        Observations = reports.ToImmutableSortedDictionary(r => r.Node.Value, r => RecordReading.Of(r), StringComparer.Ordinal),
    };

    private static ClusterSnapshot Ready(ClusterSnapshot snapshot) => snapshot with
    {
        Nodes = snapshot.Nodes.ToImmutableSortedDictionary(n => n.Key, n => n.Value with { Status = NodeStatus.Ready }, StringComparer.Ordinal),
    };

    private static NodeObservation Report(string node, string version, string id)
    {
        var kept = Assignment(Old, 9, version, id) with { Node = new NodeName(node), Epoch = 57 };
        return new NodeObservation
        {
            Node = kept.Node,
            Store = Old,
            Epoch = kept.Epoch,
            Generation = kept.Generation,
            Kept = kept,
            Allocations =
            [
                new ObservedAllocation
                {
                    Id = new AllocationId(id),
                    Pool = Web,
                    Revision = kept.Templates[0].Revision,
                    Phase = AllocationPhase.Running,
                    Healthy = true,
                    HealthySince = Now.AddHours(-1),
                },
            ],
        };
    }

    private static NodeAssignment Assignment(string store, ulong generation, string version, string id)
    {
        var template = Template(version);
        var revision = PoolRevisions.Compute(template);
        return new NodeAssignment
        {
            Node = new NodeName("n1"),
            Store = store,
            Epoch = 1,
            Generation = generation,
            Allocations = [new AllocationAssignment(new AllocationId(id), Web, revision, DesiredStatus.Run, "")],
            Templates = [new AssignedTemplate(Web, revision, template)],
        };
    }
}
