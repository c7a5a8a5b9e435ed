using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.Api;

namespace Nexus.Orchestrator.Tests;

/// <summary>How a rollout is shown, and which revision is meant.</summary>
public sealed class RolloutViewTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly PoolName Web = new("web");
    private static readonly RolloutRevision Old = Revision("aaaa111111", "web:1", 1);
    private static readonly RolloutRevision New = Revision("aaab222222", "web:2", 2);

    public static TheoryData<string, bool, double, int?, int, string> Replicas => new()
    {
        { "n1", true, 2, null, 1, "healthy for long enough, and no gateway routes the pool" },
        { "n1", true, 0.5, null, 0, "healthy for too short a time" },
        { "n1", false, 2, null, 0, "not healthy" },
        { "n1", true, 2, 1, 1, "the gateway knows this attempt" },
        { "n1", true, 2, 0, 0, "the gateway knows an earlier attempt only" },
        { "n1", true, 2, -1, 0, "the gateway does not know it" },
        { "lost", true, 2, null, 0, "its node is lost" },
    };

    [Theory]
    [MemberData(nameof(Replicas))]
    public void A_replica_is_available_when_healthy_for_long_enough_and_known_to_every_gateway(
        string node, bool healthy, double healthyFor, int? knownAttempt, int available, string because)
    {
        var snapshot = Snapshot(Record(RolloutPhase.Progressing)) with
        {
            Assignments = Map(node, new NodeAssignment { Node = new(node), Allocations = [Run("web-1-0", New), Run("web-0-0", Old)] }),
            Observations = Map(node, new NodeObservation
            {
                Node = new(node),
                Allocations =
                [
                    new ObservedAllocation
                    {
                        Id = new("web-1-0"), Pool = Web, Revision = New.Revision, Phase = AllocationPhase.Running, Attempt = 1,
                        Healthy = healthy, HealthySince = Now.AddSeconds(-healthyFor),
                    },
                ],
            }),
            Gateways = knownAttempt is { } attempt
                ? Map("g1", new GatewayReport { Gateway = "g1", Pools = [Web], Destinations = [new(new(attempt < 0 ? "other" : "web-1-0"), attempt, true, 0, 0)] })
                : Map("g2", new GatewayReport { Gateway = "g2" }),
        };

        var view = RolloutViewBuilder.Rollouts(snapshot, Now)[0];

        Assert.True(available == view.Available, because);
        Assert.Equal((2, 1, 1), (view.Desired, view.Updated, view.Old));
    }

    [Fact]
    public void A_canary_shows_its_step_its_share_and_when_it_would_fail()
    {
        var record = Record(RolloutPhase.Progressing) with
        {
            Strategy = RolloutStrategy.Canary,
            Step = 1,
            Weights = [new(New.Revision, 25), new(Old.Revision, 75)],
            ProgressAt = Now,
        };

        var view = RolloutViewBuilder.Rollout(Snapshot(record), record, Now);

        Assert.Equal(("2/2", (int?)25, Now.AddMinutes(2)), (view.Step, view.Weight, view.Deadline));
        var behind = record with { Step = 2, Phase = RolloutPhase.Stable, Weights = [] };
        view = RolloutViewBuilder.Rollout(Snapshot(behind), behind, Now);
        Assert.Equal((null, null, null), (view.Step, view.Weight, view.Deadline));
    }

    public static TheoryData<RolloutPhase, bool, string?, string> Befores => new()
    {
        { RolloutPhase.Progressing, true, "aaaa111111", "under way: what was proven before it" },
        { RolloutPhase.Paused, true, "aaaa111111", "held: what was proven before it" },
        { RolloutPhase.Failed, true, "aaaa111111", "failed in place: what was proven before it" },
        { RolloutPhase.RollingBack, true, null, "the proven one will run in a moment" },
        { RolloutPhase.RolledBack, true, null, "the proven one runs already, and nobody said a still older one" },
        { RolloutPhase.Stable, false, "aaaa111111", "proven: the proven one before" },
    };

    [Theory]
    [MemberData(nameof(Befores))]
    public void The_revision_before_is_the_last_proven_one_that_does_not_run(RolloutPhase phase, bool stableIsOld, string? before, string because)
    {
        var record = Record(phase) with { Stable = stableIsOld ? Old : New };

        Assert.True(before == RevisionChoice.Before(record)?.Revision.Value, because);
        Assert.Null(RevisionChoice.Before(Record(RolloutPhase.Stable) with { Stable = New, History = [] }));
    }

    [Theory]
    [InlineData("aaab222222", "aaab222222", "in full")]
    [InlineData("aaab", "aaab222222", "its beginning")]
    [InlineData("aaa", null, "too short to be meant")]
    [InlineData("aaaa", null, "the beginning of two")]
    [InlineData("bbbb", null, "unknown")]
    public void A_revision_is_named_in_full_or_by_an_unambiguous_beginning(string name, string? found, string because) =>
        Assert.True(found == RevisionChoice.Find(Record(RolloutPhase.Stable), name)?.Revision.Value, because);

    private static RolloutRecord Record(RolloutPhase phase) => new()
    {
        Pool = Web,
        Phase = phase,
        Target = New,
        Stable = Old,
        History =
        [
            new(3, New.Revision, 2, "web:2", Now, Now, RolloutPhase.Stable, ""),
            new(2, Old.Revision, 1, "web:1", Now, Now, RolloutPhase.Stable, ""),
            new(1, new("aaaacccccc"), 1, "web:x", Now, Now, RolloutPhase.RolledBack, ""),
            new(0, new("aaaa000000"), 1, "web:0", Now, Now, RolloutPhase.Stable, ""),
        ],
    };

    private static ClusterSnapshot Snapshot(RolloutRecord record) => new()
    {
        Spec = new ClusterSpec
        {
            Pools =
            [
                new PoolSpec
                {
                    Name = Web,
                    MinReplicas = 2,
                    MaxReplicas = 2,
                    Template = New.Template,
                    Rollout = new RolloutSpec { Canary = new CanarySpec { Steps = [new() { Weight = 10 }, new() { Weight = 25 }] } },
                },
            ],
        },
        Rollouts = Map("web", record),
        Nodes = Map("n1", Node("n1", NodeStatus.Ready)).Add("lost", Node("lost", NodeStatus.Lost)),
    };

    private static NodeState Node(string name, NodeStatus status) => new(
        new NodeRecord { Node = new(name), Capacity = default, Arch = "amd64", Address = "a", ApiAddress = "http://a", ConsulNode = "c", AgentVersion = "1" },
        status);

    private static AllocationAssignment Run(string id, RolloutRevision revision) => new(new(id), Web, revision.Revision, DesiredStatus.Run, "");

    private static RolloutRevision Revision(string revision, string image, long spec) => new(new(revision), new PoolTemplate { Image = image }, spec);

    private static ImmutableSortedDictionary<string, T> Map<T>(string key, T value) =>
        ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal).Add(key, value);
}
