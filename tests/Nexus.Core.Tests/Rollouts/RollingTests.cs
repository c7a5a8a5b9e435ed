using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Rollouts;

public sealed class RollingTests
{
    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "a new pool begins", Of(Want("web", 1), Ready("n1")), "Progressing v1 RolloutStarted: +web@n1" },
        { "the first revision is proven when all of it is available",
            Of(Want("web", 2), At(Progressing), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1")), "Stable v1 proven v1 RolloutCompleted:" },
        { "not before", Of(Want("web", 2), At(Progressing), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1")), "Progressing v1:" },
        { "a gateway that does not know it keeps it from counting",
            Of(Want("web", 1), At(Progressing), Ready("n1"), Has("web", 0, "n1"), Gateway("g1", "web", 0), Gateway("g2", "web")), "-" },
        { "gateways that do not route the pool have no say",
            Of(Want("web", 1), At(Progressing), Ready("n1"), Has("web", 0, "n1"), Gateway("g1", "api")), "Stable v1 proven v1 RolloutCompleted:" },
        { "another revision in the spec begins a rollout",
            Of(Want("web", 1, "2"), At(Stable, "1", "1", Asked("1")), Ready("n1"), Has("web", 0, "n1")), "Progressing v2 proven v1 RolloutStarted: +web@n1" },
        { "also in the middle of one, and what was proven stays that",
            Of(Want("web", 1, "3"), At(Progressing, "1", "2", Asked("2")), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1", "2")),
            "Progressing v3 proven v1 RolloutStarted: +web@n1 -web/1@n1" },
        { "the old one goes when the new one is known everywhere",
            Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1", "2"), Gateway("g1", "web", 0, 1)),
            "Progressing v2 proven v1: -web/0@n1" },
        { "and stays until then",
            Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1", "2"), Gateway("g1", "web", 0)), "-" },
        { "a broken image goes back at its second failure",
            Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Failing("web", 1, "n1", "2")),
            "RollingBack v2 proven v1 RolloutFailed: -web/1@n1" },
        { "one failure may be chance",
            Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Failing("web", 1, "n1", "2", failures: 1)), "-" },
        { "unless nothing is put down to chance",
            Of(Want("web", 1, "2"), Rolls(r => r with { MaxFailures = 0 }), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"),
                Failing("web", 1, "n1", "2", failures: 1)), "RollingBack v2 proven v1 RolloutFailed: -web/1@n1" },
        { "who forgives more waits for more",
            Of(Want("web", 1, "2"), Rolls(r => r with { MaxFailures = 2 }), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"),
                Failing("web", 1, "n1", "2")), "-" },
        { "of two replicas one each is no chance",
            Of(Want("web", 2, "2"), Rolls(r => r with { MaxSurge = 2 }), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"),
                Failing("web", 2, "n1", "2", failures: 1), Failing("web", 3, "n1", "2", failures: 1)),
            "RollingBack v2 proven v1 RolloutFailed: -web/2@n1 -web/3@n1" },
        { "no more are tried than it takes to judge it",
            Of(Want("web", 4, "2"), Rolls(r => r with { MaxSurge = 4 }), At(Stable, "1", "1", Asked("1")), Ready("n1"),
                Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1"), Has("web", 3, "n1")),
            "Progressing v2 proven v1 RolloutStarted: +web@n1 +web@n1" },
        { "nor the third while the two are on their way",
            Of(Want("web", 4, "2"), Rolls(r => r with { MaxSurge = 4 }), At(Progressing, "1"), Ready("n1"),
                Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1"), Has("web", 3, "n1"),
                Sick("web", 4, "n1", "2"), Sick("web", 5, "n1", "2")), "-" },
        { "and all the others as soon as one of them serves",
            Of(Want("web", 4, "2"), Rolls(r => r with { MaxSurge = 4 }), At(Progressing, "1"), Ready("n1"),
                Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1"), Has("web", 3, "n1"),
                Fresh("web", 4, "n1", "2"), Sick("web", 5, "n1", "2")), ": +web@n1 +web@n1" },
        { "what goes first leaves no time for trying",
            Of(Want("web", 4, "2"), Rolls(r => r with { Order = RolloutOrder.StopFirst, MaxUnavailable = 4 }), At(Progressing, "1"), Ready("n1")),
            ": +web@n1 +web@n1 +web@n1 +web@n1" },
        { "a crash after something of it served is its agent's business",
            Of(Want("web", 1, "2"), At(Progressing, "1", null, r => r with { BestAvailable = 1 }), Ready("n1"), Has("web", 0, "n1"), Failing("web", 1, "n1", "2")), "-" },
        { "no progress within the deadline goes back",
            Of(Want("web", 1, "2"), Rolls(r => r with { ProgressDeadline = TimeSpan.FromSeconds(30) }), At(Progressing, "1"),
                Ready("n1"), Has("web", 0, "n1"), Sick("web", 1, "n1", "2")),
            "RollingBack v2 proven v1 RolloutFailed: -web/1@n1" },
        { "without a proven revision there is nothing to go back to",
            Of(Want("web", 1), At(Progressing), Ready("n1"), Failing("web", 0, "n1")), "Failed v1 RolloutFailed:" },
        { "nor is the target itself gone back to",
            Of(Want("web", 1), At(Progressing, "1"), Ready("n1"), Failing("web", 0, "n1")), "Failed v1 proven v1 RolloutFailed:" },
        { "auto_rollback off leaves things as they are",
            Of(Want("web", 1, "2"), Rolls(r => r with { AutoRollback = false }), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Failing("web", 1, "n1", "2")),
            "Failed v2 proven v1 RolloutFailed:" },
        { "one that failed and serves after all is proven after all",
            Of(Want("web", 1), At(Failed), Ready("n1"), Has("web", 0, "n1")), "Stable v1 proven v1 RolloutCompleted:" },
        { "back when all of the proven one serve alone",
            Of(Want("web", 1, "2"), At(RollingBack, "1"), Ready("n1"), Has("web", 0, "n1")), "RolledBack v2 proven v1 RolledBack:" },
        { "what was rejected is not tried again", Of(Want("web", 1, "2"), At(RolledBack, "1"), Ready("n1"), Has("web", 0, "n1")), "-" },
        { "but counts still follow the spec", Of(Want("web", 2, "2"), At(RolledBack, "1"), Ready("n1"), Has("web", 0, "n1")), ": +web@n1" },
        { "the spec taken back ends it well",
            Of(Want("web", 1), At(RolledBack, "1", "2", Asked("2")), Ready("n1"), Has("web", 0, "n1")), "Progressing v1 proven v1 RolloutStarted:" },
        { "a lost node does not hold a rollout up", Of(Want("web", 1, "2"), At(Progressing, "1"), Lost("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2", "2")),
            "Stable v2 proven v2 RolloutCompleted:" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_moves_the_rollout(string because, ClusterSnapshot snapshot, string expected)
    {
        var plan = Reconciler.Compute(snapshot, Now);
        Assert.True(expected == Told(plan), $"{because}: {Told(plan)} ({string.Join(' ', plan.Notices.Select(n => n.Message))})");
    }

    [Fact]
    public void A_failure_is_told_with_the_last_words_of_the_dead()
    {
        var plan = Reconciler.Compute(
            Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Failing("web", 1, "n1", "2")), Now);
        Assert.Contains("web/1 on n1: exited with code 1; its last line: no such file; going back to", Assert.Single(plan.Notices).Message);
    }

    [Fact]
    public void A_decision_that_came_before_the_last_words_is_explained_when_they_are_known()
    {
        static Part Ended(int? code) => s => s with
        {
            Observations = s.Observations.SetItem("n1", s.Observations["n1"] with
            {
                Allocations = [.. s.Observations["n1"].Allocations.Select(a => a.Id.Value == "web/1"
                    ? a with { Failures = 2, Reason = "ended", ExitCode = code, LastLogs = code is null ? [] : ["no such file"] } : a)],
            }),
        };
        var silent = Of(Want("web", 1, "2"), At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Sick("web", 1, "n1", "2"), Ended(null));
        var decided = Assert.Single(Reconciler.Compute(silent, Now).Rollouts);
        Assert.Equal((RollingBack, "web/1 on n1: ended", "web/1"), (decided.Phase, decided.Reason, decided.Blamed?.Value));

        var told = Of(Want("web", 1, "2"), At(RollingBack, "1", null, _ => decided), Ready("n1"), Has("web", 0, "n1"),
            Stopping("web", 1, "n1", version: "2"), Ended(1));
        var plan = Reconciler.Compute(told, Now);
        var explained = Assert.Single(plan.Rollouts);
        Assert.Contains("web/1 on n1: ended with exit code 1", Assert.Single(plan.Notices, n => n.Kind == "RolloutExplained").Message);
        Assert.Equal("web/1 on n1: ended with exit code 1; its last line: no such file", explained.Reason);
        Assert.Null(explained.Blamed);
    }

    [Fact]
    public void An_end_is_explained_as_its_agent_says_it()
    {
        static Part Killed() => s => s with
        {
            Observations = s.Observations.SetItem("n1", s.Observations["n1"] with
            {
                Allocations = [.. s.Observations["n1"].Allocations.Select(a => a.Id.Value == "web/1"
                    ? a with { Reason = "rolled back", EndReason = "was OOM-killed", ExitCode = 137 } : a)],
            }),
        };
        var told = Of(Want("web", 1, "2"), At(RollingBack, "1", null, r => r with { Blamed = new("web/1"), Reason = "web/1 on n1: ended" }), Ready("n1"),
            Has("web", 0, "n1"), Stopping("web", 1, "n1", version: "2"), Killed());

        Assert.Equal("web/1 on n1: was OOM-killed", Assert.Single(Reconciler.Compute(told, Now).Rollouts).Reason);
    }

    [Fact]
    public void A_pool_whose_replicas_all_ended_is_not_said_to_pass_its_checks()
    {
        var ended = Of(Want("web", 2), At(Stable, "1", null, r => r with { FrozenSince = Now.AddSeconds(-9) }), Ready("n1"), Sick("web", 0, "n1"), Sick("web", 1, "n1"));
        Assert.Equal(
            "web: no replica runs and fails its check any more; 0 of 2 pass, the others ended or are starting",
            Assert.Single(Reconciler.Compute(ended, Now).Notices, n => n.Kind == "PoolThawed").Message);

        var well = Of(Want("web", 2), At(Stable, "1", null, r => r with { FrozenSince = Now.AddSeconds(-9) }), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"));
        Assert.Equal("web: 2 of 2 replicas pass their checks again", Assert.Single(Reconciler.Compute(well, Now).Notices, n => n.Kind == "PoolThawed").Message);
    }

    [Fact]
    public void A_stall_names_the_gateway_that_is_waited_for()
    {
        var plan = Reconciler.Compute(
            Of(Want("web", 1, "2"), Rolls(r => r with { ProgressDeadline = TimeSpan.FromSeconds(30) }), At(Progressing, "1"),
                Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1", "2"), Gateway("g1", "web", 0)),
            Now);
        Assert.Contains("none more within 30s; web/1 is healthy, but not known to g1", Assert.Single(plan.Notices).Message);
    }

    [Fact]
    public void A_stall_tells_one_that_breaks_off_being_healthy_from_one_that_never_is()
    {
        var plan = Reconciler.Compute(
            Of(Want("web", 1, "2"), Rolls(r => r with { ProgressDeadline = TimeSpan.FromSeconds(30), MinHealthyTime = TimeSpan.FromSeconds(5) }),
                At(Progressing, "1"), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1", "2")),
            Now);
        Assert.Contains("web/1 is healthy, but not yet for 5s without a break", Assert.Single(plan.Notices).Message);
    }

    [Fact]
    public void A_revision_that_is_gone_back_to_reaches_the_nodes()
    {
        var snapshot = Of(Want("web", 2, "2"), At(RolledBack, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"));
        var change = Assert.Single(AssignmentChanges.Compute(snapshot, Reconciler.Compute(snapshot, Now), epoch: 1));
        Assert.Equal(("n2", "app:1"), (change.Node.Value, Assert.Single(change.Templates).Template.Image));
    }

    private static Func<RolloutRecord, RolloutRecord> Asked(string version) =>
        record => record with { Requested = RevisionOf(version).Revision };

    private static string Told(ReconcilePlan plan)
    {
        var record = plan.Rollouts.SingleOrDefault();
        var text = record is null ? "" : $"{record.Phase} v{Version(record.Target)}"
            + (record.Stable is { } stable ? $" proven v{Version(stable)}" : "");
        text = $"{text}{string.Concat(plan.Notices.Select(n => $" {n.Kind}"))}: {Show(plan)}".TrimEnd();
        return text == ":" ? "-" : text;
    }

    private static string Version(RolloutRevision revision) => revision.Template.Image.Split(':')[1];
}
