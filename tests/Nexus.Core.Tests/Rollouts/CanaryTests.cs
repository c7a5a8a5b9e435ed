using Nexus.Core.Ids;
using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Rollouts;

public sealed class CanaryTests
{
    private static readonly Part Canary = Rolls(r => r with
    {
        Strategy = RolloutStrategy.Canary,
        Canary = new CanarySpec
        {
            Steps = [new CanaryStep { Weight = 10, Pause = TimeSpan.FromSeconds(20) }, new CanaryStep { Weight = 50 }, new CanaryStep { Count = 3 }],
        },
    });

    private static readonly Part BlueGreen = Rolls(r => r with { Strategy = RolloutStrategy.BlueGreen, KeepOld = TimeSpan.FromSeconds(60) });

    private static readonly Part Old = s => Has("web", 3, "n1")(Has("web", 2, "n1")(Has("web", 1, "n1")(Has("web", 0, "n1")(Ready("n1")(s)))));

    public static TheoryData<string, ClusterSnapshot, string> Canaries => new()
    {
        { "the first step starts as many as carry its share, without requests",
            Of(Want("web", 4, "2"), Canary, At(Stable, "1", "1", r => r with { Requested = RevisionOf("1").Revision }), Old),
            "Progressing step 0 0/100 RolloutStarted: +web@n1" },
        { "and nothing more before it is available", Of(Want("web", 4, "2"), Canary, Step(Progressing, 0), Old, Fresh("web", 9, "n1", "2")), "-" },
        { "what a rollout that was overtaken left behind serves along",
            Of(Want("web", 4, "2"), Canary, Step(Progressing, 0), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 7, "n1", "3"), Has("web", 8, "n1", "3"), Fresh("web", 9, "n1", "2")),
            "Progressing step 0 0/50:" },
        { "until the proven ones are all there",
            Of(Want("web", 4, "2"), Canary, Step(Progressing, 0), Old, Has("web", 7, "n1", "3"), Fresh("web", 9, "n1", "2")), ": -web/7@n1" },
        { "then it waits, with its share of the requests; an old one makes room",
            Of(Want("web", 4, "2"), Canary, Step(Progressing, 0), Old, Has("web", 9, "n1", "2")), "Paused step 0 10/90 RolloutPaused: -web/3@n1" },
        { "until its time is over", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 19), Three, Has("web", 9, "n1", "2")), "-" },
        { "then the next step follows", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2")), "Progressing step 1 10/90 RolloutPromoted: +web@n1" },
        { "one without a time waits for a person", Of(Want("web", 4, "2"), Canary, Step(Paused, 1, 9999), Two, Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")), "-" },
        { "who promotes it", Of(Want("web", 4, "2"), Canary, Step(Paused, 1, 9), Asks(RolloutVerb.Promote), Two, Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            "Progressing step 2 RolloutPromoted: +web@n1" },
        { "behind the last step the rest follows by number",
            Of(Want("web", 4, "2"), Canary, Step(Paused, 2, 9), Asks(RolloutVerb.Promote), Ready("n1"), Has("web", 0, "n1"), Has("web", 7, "n1", "2"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            "Progressing step 3 RolloutPromoted: +web@n1" },
        { "or gives it up", Of(Want("web", 4, "2"), Canary, Step(Paused, 1, 9), Asks(RolloutVerb.Abort), Two, Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            "RollingBack step 1 0/100 RolloutFailed: +web@n1" },
        { "held by hand its time does not count", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 99, Paused), Three, Has("web", 9, "n1", "2")), "-" },
        { "errors give it up", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 5), Three, Has("web", 9, "n1", "2"), Traffic(100, 6, 10, 900, 0, 10)),
            "RollingBack step 0 0/100 RolloutFailed: +web@n1" },
        { "not as many as the stable one has, too", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 5), Three, Has("web", 9, "n1", "2"), Traffic(100, 6, 10, 900, 45, 10)), "-" },
        { "nor before enough requests say so", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 5), Three, Has("web", 9, "n1", "2"), Traffic(49, 20, 10, 900, 0, 10)), "-" },
        { "unless nearly all of its first ones fail: a gateway then gives it few", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 5), Three, Has("web", 9, "n1", "2"), Traffic(9, 9, 10, 900, 0, 10)),
            "RollingBack step 0 0/100 RolloutFailed: +web@n1" },
        { "and as they do at the stable one", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 5), Three, Has("web", 9, "n1", "2"), Traffic(9, 9, 10, 900, 500, 10)), "-" },
        { "errors are judged behind the last step, too",
            Of(Want("web", 4, "2"), Canary, Step(Progressing, 3), Ready("n1"), Has("web", 0, "n1"), Has("web", 7, "n1", "2"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2"), Traffic(100, 50, 10, 90, 0, 10)),
            "RollingBack step 3 0/100 RolloutFailed: +web@n1" },
        { "a p95 twice as long gives it up", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2"), Traffic(200, 0, 31, 900, 0, 10)),
            "RollingBack step 0 0/100 RolloutFailed: +web@n1" },
        { "not that of its first requests, which are slow", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 19), Three, Has("web", 9, "n1", "2"), Traffic(200, 0, 99, 900, 0, 10)), "-" },
        { "nor that of a few", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2"), Traffic(199, 0, 99, 900, 0, 10)), "Progressing step 1 10/90 RolloutPromoted: +web@n1" },
        { "some milliseconds are noise", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2"), Traffic(200, 0, 25, 900, 0, 6)), "Progressing step 1 10/90 RolloutPromoted: +web@n1" },
        { "with too few requests it waits for more", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2"), Traffic(9, 0, 10, 900, 0, 10)), "Paused step 0 10/90 RolloutWaits:" },
        { "and says so once", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 49, change: r => r with { Reason = "only 8 came; it waits for more", Weights = Shares(10) }), Three, Has("web", 9, "n1", "2"), Traffic(9, 0, 10, 900, 0, 10)), "-" },
        { "then the few decide for it", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 50), Three, Has("web", 9, "n1", "2"), Traffic(9, 0, 10, 900, 0, 10)), "Progressing step 1 10/90 RolloutPromoted: +web@n1" },
        { "or against it", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 50), Three, Has("web", 9, "n1", "2"), Traffic(9, 1, 10, 900, 0, 10)), "RollingBack step 0 0/100 RolloutFailed: +web@n1" },
        { "as does that none reached it", Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 50), Three, Has("web", 9, "n1", "2"), Traffic(0, 0, 0, 900, 0, 10)), "RollingBack step 0 0/100 RolloutFailed: +web@n1" },
        { "beside one replica there is another", Of(Want("web", 1, "2"), Canary, Step(Progressing, 0), Ready("n1"), Has("web", 0, "n1"), Has("web", 9, "n1", "2")),
            "Paused step 0 10/90 RolloutPaused:" },
    };

    public static TheoryData<string, ClusterSnapshot, string> Sets => new()
    {
        { "a second full set starts without requests", Of(Want("web", 2, "2"), BlueGreen, Step(Progressing, 0, change: r => r with { Weights = Shares(0) }), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1")),
            ": +web@n1 +web@n1" },
        { "what is lost of the old one is made up", Of(Want("web", 2, "2"), BlueGreen, Step(Progressing, 0, change: r => r with { Weights = Shares(0) }), Ready("n1"), Has("web", 0, "n1"), Has("web", 8, "n1", "2"), Fresh("web", 9, "n1", "2")),
            ": +web@n1" },
        { "all requests go over when it is complete", Of(Want("web", 2, "2"), BlueGreen, Step(Progressing, 0), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            "Switched step 0 100/0 RolloutSwitched:" },
        { "the old set is kept", Of(Want("web", 2, "2"), BlueGreen, Step(Switched, 0, change: r => r with { Weights = Shares(100) }), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")), "-" },
        { "and goes when its time is over",
            Of(Want("web", 2, "2"), BlueGreen, Step(Switched, 0, change: r => r with { ProgressAt = Now.AddSeconds(-60) }), Ready("n1"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            "Switched step 1 100/0: -web/0@n1 -web/1@n1" },
        { "which makes up for none of the new one on a node that is emptied",
            Of(Want("web", 2, "2"), BlueGreen, Step(Switched, 0, change: r => r with { Weights = Shares(100) }), Leaving("n1"), Ready("n2"), Has("web", 0, "n2"), Has("web", 1, "n2"), Has("web", 8, "n1", "2"), Has("web", 9, "n1", "2")),
            ": +web@n2" },
        { "nor the new one for it before the switch",
            Of(Want("web", 2, "2"), BlueGreen, Step(Progressing, 0, change: r => r with { Weights = Shares(0) }), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n1"), Fresh("web", 8, "n2", "2"), Has("web", 9, "n2", "2")),
            ": +web@n2" },
        { "one that was overtaken after its switch goes no sooner than the proven ones are there",
            Of(Want("web", 2, "2"), BlueGreen, Step(Progressing, 0), Ready("n1"), Has("web", 0, "n1"), Fresh("web", 1, "n1"), Has("web", 6, "n1", "3"), Has("web", 7, "n1", "3"), Has("web", 8, "n1", "2"), Fresh("web", 9, "n1", "2")),
            "Progressing step 0 0/34: -web/7@n1" },
        { "shares hold until it is gone", Of(Want("web", 1, "2"), BlueGreen, Step(Switched, 1, change: r => r with { Weights = Shares(100) }), Ready("n1"), Stopping("web", 0, "n1"), Has("web", 9, "n1", "2")), "-" },
        { "then the new one is proven", Of(Want("web", 1, "2"), BlueGreen, Step(Switched, 1), Ready("n1"), Has("web", 9, "n1", "2")), "Stable step 1 RolloutCompleted:" },
        { "a person may hurry it", Of(Want("web", 1, "2"), BlueGreen, Step(Switched, 0), Asks(RolloutVerb.Promote), Ready("n1"), Has("web", 0, "n1"), Has("web", 9, "n1", "2")),
            "Switched step 1 100/0 RolloutPromoted: -web/0@n1" },
        { "or take it back at once", Of(Want("web", 1, "2"), BlueGreen, Step(Switched, 0), Asks(RolloutVerb.Abort), Ready("n1"), Has("web", 0, "n1"), Has("web", 9, "n1", "2")),
            "RollingBack step 0 0/100 RolloutFailed: -web/9@n1" },
    };

    [Theory]
    [MemberData(nameof(Canaries))]
    [MemberData(nameof(Sets))]
    public void Compute_moves_the_rollout(string because, ClusterSnapshot snapshot, string expected)
    {
        var plan = Reconciler.Compute(snapshot, Now);
        Assert.True(expected == Told(plan), $"{because}: {Told(plan)} ({string.Join(' ', plan.Notices.Select(n => n.Message))})");
    }

    [Fact]
    public void A_canary_that_is_given_up_says_what_was_compared()
    {
        var plan = Reconciler.Compute(
            Of(Want("web", 4, "2"), Canary, Step(Paused, 0, 20), Three, Has("web", 9, "n1", "2"), Traffic(200, 0, 31, 900, 0, 10)), Now);
        Assert.Contains("its p95 is 31 ms against 10 ms of the stable revision; 2 times as long is allowed", Assert.Single(plan.Notices).Message);
    }

    private static Part Three => s => Has("web", 2, "n1")(Two(s));

    private static Part Two => s => Has("web", 1, "n1")(Has("web", 0, "n1")(Ready("n1")(s)));

    private static Part Step(
        RolloutPhase phase, int step, int? since = null, RolloutPhase? held = null, Func<RolloutRecord, RolloutRecord>? change = null) =>
        At(phase, "1", null, r =>
        {
            r = r with
            {
                Step = step,
                HeldFrom = held,
                StepSince = since is { } seconds ? Now.AddSeconds(-seconds) : null,
                BestAvailable = 4,
                Weights = r.Strategy != RolloutStrategy.Canary || change is not null || step == 2 ? [] : Shares(since is null ? 0 : step == 0 ? 10 : 50),
            };
            return change is null ? r : change(r);
        });

    private static System.Collections.Immutable.ImmutableArray<RevisionWeight> Shares(int percent) =>
        [new(RevisionOf("2").Revision, percent), new(RevisionOf("1").Revision, 100 - percent)];

    private static Part Traffic(long requests, long failures, double p95, long stable, long stableFailures, double stableP95) => s => s with
    {
        Gateways = s.Gateways.Add("g1", new GatewayReport
        {
            Gateway = "g1",
            Traffic =
            [
                new RevisionTraffic(new PoolName("web"), RevisionOf("2").Revision, requests, failures, p95),
                new RevisionTraffic(new PoolName("web"), RevisionOf("1").Revision, stable, stableFailures, stableP95),
            ],
        }),
    };

    private static string Told(ReconcilePlan plan)
    {
        var record = plan.Rollouts.SingleOrDefault();
        var text = record is null ? "" : $"{record.Phase} step {record.Step}"
            + (record.Weights.IsEmpty ? "" : $" {record.Weights[0].Percent}/{record.Weights[1].Percent}");
        text = $"{text}{string.Concat(plan.Notices.Select(n => $" {n.Kind}"))}: {Show(plan)}".TrimEnd();
        return text == ":" ? "-" : text;
    }
}
