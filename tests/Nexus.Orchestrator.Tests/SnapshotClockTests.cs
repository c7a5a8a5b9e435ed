using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;

namespace Nexus.Orchestrator.Tests;

/// <summary>Durations among machines whose clocks differ.</summary>
public sealed class SnapshotClockTests
{
    private static readonly NodeName N1 = new("n1");
    private static readonly PoolSpec Web = new()
    {
        Name = new PoolName("web"),
        MinReplicas = 1,
        MaxReplicas = 1,
        Template = new PoolTemplate { Image = "web:1" },
        Rollout = new RolloutSpec { MinHealthyTime = TimeSpan.FromSeconds(5), ProgressDeadline = TimeSpan.FromMinutes(2) },
    };

    private static readonly AllocationId Replica = new("web-1-0");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SnapshotClock _clock;

    public SnapshotClockTests() => _clock = Clock();

    public static TheoryData<int> Skews => [-86_400, -180, -4, 0, 4, 180, 86_400];

    [Theory]
    [MemberData(nameof(Skews))]
    public void A_deploy_succeeds_after_the_minimum_healthy_time_however_far_the_clocks_differ(int secondsAhead)
    {
        var skew = TimeSpan.FromSeconds(secondsAhead);
        var rollout = Decide(Snapshot(null)).Single();
        var healthySince = _time.GetUtcNow() + skew;

        var early = Decide(Snapshot(rollout, Report(healthySince, reportedAt: healthySince)));
        Assert.All(early, r => Assert.Equal(RolloutPhase.Progressing, r.Phase));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(Decide(Snapshot(rollout, Report(healthySince, reportedAt: healthySince))));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RolloutPhase.Stable, Decide(Snapshot(rollout, Report(healthySince, reportedAt: healthySince))).Single().Phase);
    }

    [Theory]
    [MemberData(nameof(Skews))]
    public void A_deadline_that_another_manager_began_passes_once_and_not_before(int secondsAhead)
    {
        var begun = Decide(Snapshot(null)).Single() with { Clock = "another" };
        var skewed = begun with
        {
            StartedAt = begun.StartedAt.AddSeconds(secondsAhead),
            ProgressAt = begun.ProgressAt.AddSeconds(secondsAhead),
        };

        Assert.Empty(Decide(Snapshot(skewed)));
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Empty(Decide(Snapshot(skewed with { Weights = [new RevisionWeight(new PoolRevision("x"), 0)] })).Where(r => r.Phase != RolloutPhase.Progressing));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RolloutPhase.Failed, Decide(Snapshot(skewed)).Single().Phase);
    }

    [Fact]
    public void A_duration_that_the_agent_measured_counts_at_once()
    {
        var report = Report(_time.GetUtcNow().AddHours(-7), reportedAt: _time.GetUtcNow().AddHours(-7).AddSeconds(30));

        Assert.Equal(TimeSpan.FromSeconds(30), HealthyFor(report));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(40), HealthyFor(report));
    }

    [Fact]
    public void A_later_report_of_the_same_replica_takes_nothing_away()
    {
        var since = _time.GetUtcNow().AddDays(3);
        Assert.Equal(TimeSpan.Zero, HealthyFor(Report(since, reportedAt: since)));
        _time.Advance(TimeSpan.FromSeconds(10));

        // Its writer was slow: by its clock only a second has passed.
        Assert.Equal(TimeSpan.FromSeconds(10), HealthyFor(Report(since, reportedAt: since.AddSeconds(1))));
        Assert.Equal(TimeSpan.Zero, HealthyFor(Report(since.AddSeconds(2), reportedAt: since.AddSeconds(2))));
    }

    [Fact]
    public void A_report_of_an_older_agent_counts_from_when_it_was_first_seen()
    {
        var report = Report(_time.GetUtcNow().AddHours(-1), reportedAt: null);

        Assert.Equal(TimeSpan.Zero, HealthyFor(report));
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), HealthyFor(report));
    }

    [Fact]
    public void What_this_process_wrote_is_by_its_own_clock()
    {
        var written = _clock.Stamp(Decide(Snapshot(null)).Single());
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(written.ProgressAt, _clock.Localize(Snapshot(written)).Rollouts["web"].ProgressAt);
        Assert.Equal(_time.GetUtcNow(), Clock().Localize(Snapshot(written)).Rollouts["web"].ProgressAt);
    }

    [Fact]
    public void A_manager_that_did_not_lead_has_measured_too()
    {
        var foreign = Decide(Snapshot(null)).Single() with { Clock = "another", ProgressAt = _time.GetUtcNow().AddDays(-9) };
        var first = _clock.Localize(Snapshot(foreign)).Rollouts["web"].ProgressAt;
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(_time.GetUtcNow().AddSeconds(-30), first);
        Assert.Equal(first, _clock.Localize(Snapshot(foreign with { Reason = "another write" })).Rollouts["web"].ProgressAt);
    }

    private SnapshotClock Clock() => new(new Jitter(new Random(_time.GetUtcNow().Second + 1).NextDouble), _time);

    private ImmutableArray<RolloutRecord> Decide(ClusterSnapshot snapshot) =>
        [.. Reconciler.Compute(_clock.Localize(snapshot), _time.GetUtcNow()).Rollouts.Select(_clock.Stamp)];

    private TimeSpan HealthyFor(NodeObservation report) =>
        _time.GetUtcNow() - _clock.Localize(Snapshot(null, report)).Observations["n1"].Allocations[0].HealthySince!.Value;

    private static NodeObservation Report(DateTimeOffset healthySince, DateTimeOffset? reportedAt) => new()
    {
        Node = N1,
        Epoch = 1,
        Generation = 1,
        ReportedAt = reportedAt,
        Allocations =
        [
            new ObservedAllocation
            {
                Id = Replica,
                Pool = Web.Name,
                Revision = PoolRevisions.Compute(Web.Template),
                Phase = AllocationPhase.Running,
                Healthy = true,
                HealthySince = healthySince,
            },
        ],
    };

    private static ClusterSnapshot Snapshot(RolloutRecord? rollout, NodeObservation? report = null)
    {
        var revision = PoolRevisions.Compute(Web.Template);
        var snapshot = new ClusterSnapshot { Index = 7, SpecRevision = 1, Spec = new ClusterSpec { Pools = [Web] } };
        return snapshot with
        {
            Nodes = snapshot.Nodes.Add("n1", new NodeState(
                new NodeRecord
                {
                    Node = N1,
                    Capacity = new NodeCapacity(4000, 8L << 30),
                    Arch = "amd64",
                    Address = "127.0.0.1",
                    ApiAddress = "http://127.0.0.1:9",
                    ConsulNode = "n1",
                    AgentVersion = "1",
                },
                NodeStatus.Ready)),
            Assignments = snapshot.Assignments.Add("n1", new NodeAssignment
            {
                Node = N1,
                Epoch = 1,
                Generation = 1,
                Allocations = [new AllocationAssignment(Replica, Web.Name, revision, DesiredStatus.Run, "")],
                Templates = [new AssignedTemplate(Web.Name, revision, Web.Template)],
            }),
            Rollouts = rollout is null ? snapshot.Rollouts : snapshot.Rollouts.Add("web", rollout),
            Observations = report is null ? snapshot.Observations : snapshot.Observations.Add("n1", report),
        };
    }
}
