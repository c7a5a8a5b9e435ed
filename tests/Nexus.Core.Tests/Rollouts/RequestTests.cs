using Nexus.Core.Reconcile;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Rollouts;

public sealed class RequestTests
{
    private static readonly Part Mixed = s => Has("web", 9, "n1", "2")(Has("web", 1, "n1")(Has("web", 0, "n1")(Ready("n1")(s))));

    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "pause replaces nothing more", Of(Want("web", 3, "2"), At(Progressing, "1"), Asks(RolloutVerb.Pause), Mixed), "Paused v2 held from Progressing RolloutPaused:" },
        { "twice makes no sense", Of(Want("web", 3, "2"), Held(Progressing), Asks(RolloutVerb.Pause), Mixed), "Paused v2 held from Progressing RolloutRequestRefused:" },
        { "a pool at rest has nothing to pause", Of(Want("web", 1), At(Stable, "1"), Asks(RolloutVerb.Pause), Ready("n1"), Has("web", 0, "n1")), "Stable v1 RolloutRequestRefused:" },
        { "resume goes on", Of(Want("web", 3, "2"), Held(Progressing), Asks(RolloutVerb.Resume), Mixed), "Progressing v2 RolloutResumed: +web@n1" },
        { "on the way back too", Of(Want("web", 3, "2"), Held(RollingBack), Asks(RolloutVerb.Resume), Mixed), "RollingBack v2 RolloutResumed: +web@n1" },
        { "after the switch too", Of(Want("web", 3, "2"), Held(Switched), Asks(RolloutVerb.Resume), Mixed), "Switched v2 RolloutResumed: +web@n1 +web@n1" },
        { "resume tries what was rejected again", Of(Want("web", 1, "2"), At(RolledBack, "1"), Asks(RolloutVerb.Resume), Ready("n1"), Has("web", 0, "n1")), "Progressing v2 RolloutStarted: +web@n1" },
        { "and what failed, by tries of its own", Of(Want("web", 1), At(Failed), Asks(RolloutVerb.Resume), Ready("n1"), Failing("web", 0, "n1")), "Progressing v1 RolloutStarted: +web@n1 -web/0@n1" },
        { "abort goes back", Of(Want("web", 3, "2"), At(Progressing, "1"), Asks(RolloutVerb.Abort), Mixed), "RollingBack v2 RolloutFailed: +web@n1" },
        { "abort without anything proven is refused", Of(Want("web", 1), At(Progressing), Asks(RolloutVerb.Abort), Ready("n1"), Fresh("web", 0, "n1")), "Progressing v1 RolloutRequestRefused:" },
        { "promote outside a step is refused", Of(Want("web", 3, "2"), At(Progressing, "1"), Asks(RolloutVerb.Promote), Mixed), "Progressing v2 RolloutRequestRefused: +web@n1" },
        { "rollback rolls an earlier one out", Of(Want("web", 1, "3"), At(Stable, "3"), Asks(RolloutVerb.Rollback, "1"), Ready("n1"), Has("web", 0, "n1", "3")), "Progressing v1 RolloutStarted: +web@n1" },
        { "rollback to what runs is refused", Of(Want("web", 1), At(Stable, "1"), Asks(RolloutVerb.Rollback, "1"), Ready("n1"), Has("web", 0, "n1")), "Stable v1 RolloutRequestRefused:" },
        { "rollback to nothing in particular breaks off", Of(Want("web", 3, "2"), At(Progressing, "1"), Asks(RolloutVerb.Rollback), Mixed), "RollingBack v2 RolloutFailed: +web@n1" },
        { "one that was answered is not answered again",
            Of(Want("web", 1), At(Stable, "1", null, r => r with { AnsweredRequest = "r1" }), Asks(RolloutVerb.Pause), Ready("n1"), Has("web", 0, "n1")), "-" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_answers_what_is_asked(string because, ClusterSnapshot snapshot, string expected)
    {
        var plan = Reconciler.Compute(snapshot, Now);
        Assert.True(expected == Told(plan), $"{because}: {Told(plan)} ({string.Join(' ', plan.Notices.Select(n => n.Message))})");
        Assert.All(plan.Rollouts, record => Assert.Equal("r1", record.AnsweredRequest));
    }

    [Fact]
    public void What_a_person_rolled_back_to_stays_though_the_spec_asks_for_another()
    {
        var snapshot = Of(Want("web", 1, "3"), At(Stable, "1", "1"), Ready("n1"), Has("web", 0, "n1"));
        Assert.True(Reconciler.Compute(snapshot, Now).IsEmpty);
    }

    private static Part Held(RolloutPhase from) => At(Paused, "1", null, r => r with { HeldFrom = from });

    private static string Told(ReconcilePlan plan)
    {
        var record = plan.Rollouts.SingleOrDefault();
        var text = record is null ? "" : $"{record.Phase} v{record.Target.Template.Image.Split(':')[1]}"
            + (record.HeldFrom is { } held ? $" held from {held}" : "");
        text = $"{text}{string.Concat(plan.Notices.Select(n => $" {n.Kind}"))}: {Show(plan)}".TrimEnd();
        return text == ":" ? "-" : text;
    }
}
