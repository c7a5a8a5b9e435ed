using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.Api;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Tests;

/// <summary>What is counted as running, healthy and up to date in a pool of two replicas.</summary>
public sealed class PoolViewTests
{
    private static readonly PoolName Web = new("web");
    private static readonly PoolTemplate Template = new() { Image = "web:2" };

    public static TheoryData<NodeStatus?, int, string> Nodes => new()
    {
        { NodeStatus.Ready, 3, "all three shall run" },
        { NodeStatus.Suspect, 3, "its replicas may well serve" },
        { NodeStatus.Unknown, 3, "nothing is concluded yet" },
        { NodeStatus.Draining, 3, "its replicas serve until they are replaced" },
        { NodeStatus.Lost, 2, "others stand in for what was there" },
        { null, 3, "a node whose description is missing was not removed" },
    };

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Pools_counts_no_replica_of_a_lost_node(NodeStatus? third, int counted, string because)
    {
        var view = Assert.Single(ViewBuilder.Pools(Look(third)));

        Assert.True((2, counted, counted, counted) == (view.Desired, view.Running, view.Healthy, view.UpToDate), $"{because}: {view}");
    }

    public static TheoryData<RolloutPhase, bool, string?, string> Rollouts => new()
    {
        { RolloutPhase.RolledBack, false, "old", "the stable revision serves after an automatic rollback" },
        { RolloutPhase.RollingBack, false, "old", "it already does while the rollback completes" },
        { RolloutPhase.Stable, true, "old", "the target of a manual rollback serves" },
        { RolloutPhase.Stable, false, null, "the spec's own revision serves" },
        { RolloutPhase.Progressing, false, null, "both may serve during a rollout" },
    };

    [Theory]
    [MemberData(nameof(Rollouts))]
    public void Pools_name_the_revision_that_serves(RolloutPhase phase, bool manual, string? serving, string because)
    {
        var asked = new RolloutRevision(PoolRevisions.Compute(Template), Template, 2);
        var old = new RolloutRevision(new("old"), new PoolTemplate { Image = "web:1" }, 1);
        var look = Look(NodeStatus.Ready);
        var record = new RolloutRecord { Pool = Web, Phase = phase, Target = manual ? old : asked, Stable = old, Requested = asked.Revision };
        var snapshot = look.Stored.Snapshot with { Rollouts = Map([record], r => r.Pool.Value, r => r) };

        var view = Assert.Single(ViewBuilder.Pools(look with { Stored = look.Stored with { Snapshot = snapshot } }));

        Assert.True(serving == view.ServingRevision, because);
        Assert.Equal(serving is null ? null : "web:1", view.ServingImage);
    }

    [Fact]
    public void A_replica_that_a_gateway_ejected_has_a_note_though_its_checks_pass()
    {
        var look = Look(NodeStatus.Ready);
        var report = new GatewayReport
        {
            Gateway = "g1",
            Evidence = [new(new("web-n2"), Web, 0, "its requests fail", DateTimeOffset.UnixEpoch, 60, 57)],
        };
        look = look with { Stored = look.Stored with { Snapshot = look.Stored.Snapshot with { Gateways = Map([report], r => r.Gateway, r => r) } } };

        Assert.Equal(
            "web-n2 is ejected by gateway g1: its requests fail; 57 of 60 requests failed (95%)", Assert.Single(ViewBuilder.Pools(look)).Trouble);
        Assert.Equal(
            [null, "is ejected by gateway g1: its requests fail; 57 of 60 requests failed (95%)", null],
            ViewBuilder.Allocations(look).Select(a => a.Trouble));
    }

    [Fact]
    public void Allocations_still_shows_the_replica_of_a_lost_node() =>
        Assert.Equal(AllocationPhase.Lost, ViewBuilder.Allocations(Look(NodeStatus.Lost)).Single(a => a.Node == "n3").Phase);

    /// <summary>A replica on each of three nodes, healthy by the last that was heard of it.</summary>
    private static Look Look(NodeStatus? third)
    {
        (string Name, NodeStatus? Status)[] nodes = [("n1", NodeStatus.Ready), ("n2", NodeStatus.Ready), ("n3", third)];
        var revision = PoolRevisions.Compute(Template);
        var snapshot = new ClusterSnapshot
        {
            Spec = new ClusterSpec { Pools = [new PoolSpec { Name = Web, MinReplicas = 2, MaxReplicas = 2, Template = Template }] },
            Nodes = Map(nodes.Where(n => n.Status is not null), n => n.Name, n => new NodeState(Record(n.Name), n.Status!.Value)),
            Assignments = Map(nodes, n => n.Name, n => new NodeAssignment
            {
                Node = new(n.Name),
                Allocations = [new(new($"web-{n.Name}"), Web, revision, DesiredStatus.Run, "")],
            }),
            Observations = Map(nodes, n => n.Name, n => new NodeObservation
            {
                Node = new(n.Name),
                Allocations = [new() { Id = new($"web-{n.Name}"), Pool = Web, Revision = revision, Phase = AllocationPhase.Running, Healthy = true }],
            }),
        };
        var stored = new StoredCluster(snapshot, null, default, 1, ImmutableDictionary<string, ulong>.Empty, [], []);
        return new Look(stored, new ReconcilePlan(1, [], [], null), DateTimeOffset.UnixEpoch);
    }

    private static NodeRecord Record(string name) => new()
    {
        Node = new(name),
        Capacity = default,
        Arch = "amd64",
        Address = "a",
        ApiAddress = "http://a",
        ConsulNode = "c",
        AgentVersion = "1",
    };

    private static ImmutableSortedDictionary<string, TValue> Map<TSource, TValue>(
        IEnumerable<TSource> from, Func<TSource, string> key, Func<TSource, TValue> value) =>
        from.ToImmutableSortedDictionary(key, value, StringComparer.Ordinal);
}
