using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Tests;

public sealed class DeployCommandsTests
{
    private static readonly PlanView Changes = new()
    {
        Valid = true,
        Changes = true,
        Pools = [new PlanPoolView("web", "rollout", 3, 3, 0, 3, 3, ["image: sample:1 → sample:2"])],
        Routes = ["+ example.org/ → web"],
        Settings = ["drills: forbidden → allowed"],
        Warnings = ["n2 has no room for the surge"],
    };

    [Fact]
    public async Task Plan_shows_what_would_change_and_exits_2()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Plan = Changes;
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "plan", run.Write("nexus.yaml", Samples.Yaml));

        Assert.Equal((2, ""), (result.Code, result.Error));
        var lines = result.Out.TrimEnd().Split('\n').Select(l => l.TrimEnd()).ToArray();
        Assert.Matches("^POOL +CHANGE +START +STOP +MOVE +REPLICAS +LEAST-SERVING$", lines[0]);
        Assert.Matches("^web +rollout +3 +3 +0 +3 +3$", lines[1]);
        Assert.Equal(
            ["  web: image: sample:1 → sample:2", "  route + example.org/ → web", "  drills: forbidden → allowed", "warning: n2 has no room for the surge"], lines[2..]);
        Assert.All(cluster.Requests, r => Assert.Equal(("POST", Routes.SpecPlan), (r.Method, r.Target)));
    }

    [Fact]
    public async Task Plan_exits_0_when_nothing_would_change_and_json_is_the_apis_own()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var table = new CliRun();
        using var json = new CliRun();

        Assert.Equal(
            new CliResult(0, "nexus.yaml: no change: it is the spec in force\n", ""),
            await table.RunAsync(cluster, "plan", table.Write("nexus.yaml", Samples.Yaml)));
        cluster.Plan = Changes;
        var result = await json.RunAsync(cluster, "plan", json.Write("nexus.yaml", Samples.Yaml), "-o", "json");
        Assert.Equal((2, JsonSerializer.Serialize(Changes, ApiJson.Default.PlanView) + "\n"), (result.Code, result.Out));
    }

    [Fact]
    public async Task Plan_exits_1_whatever_goes_wrong_since_2_means_changes()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Plan = new PlanView { Problems = [new SpecProblemView("error", 3, 5, "worker_pools.web.port", "found x")] };
        using var invalid = new CliRun();
        using var missing = new CliRun();
        using var usage = new CliRun();
        using var away = new CliRun();

        var result = await invalid.RunAsync(cluster, "plan", invalid.Write("nexus.yaml", Samples.Yaml));

        Assert.Equal(
            new CliResult(1, "", "nexus.yaml:3:5: error: worker_pools.web.port: found x\nnexus.yaml: invalid: 1 error\n"), result);
        Assert.Equal(1, (await missing.RunAsync(cluster, "plan", "none.yaml")).Code);
        Assert.Equal(1, (await usage.RunAsync("plan")).Code);
        Assert.Equal(1, (await away.RunAsync("plan", away.Write("nexus.yaml", Samples.Yaml), "-a", "http://127.0.0.1:1")).Code);
    }

    [Fact]
    public async Task Rollout_status_shows_one_row_a_pool()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.Progressing, reason: "waits for web-1-2") with { Step = "1/2", Weight = 10 }];
        using var all = new CliRun { Time = new WatchedTime() };
        using var json = new CliRun();
        using var wrong = new CliRun();

        var row = (await all.RunAsync(cluster, "rollout", "status")).Out.TrimEnd().Split('\n')[1];

        Assert.Matches(@"^web +4 +progressing +rolling +ab12cd34ef +0ld0ld0ld0 +1/3 +2 +2 +1/2 +10 % +4 s ago +- +waits for web-1-2 *$", row);
        var one = (await json.RunAsync(cluster, "rollout", "status", "web", "-o", "json")).Out;
        Assert.Equal("web", JsonSerializer.Deserialize(one, ApiJson.Default.RolloutView)!.Pool);
        Assert.Equal(
            new CliResult(1, "", "error: No pool is called wbe. There are web.\n"), await wrong.RunAsync(cluster, "rollout", "status", "wbe"));
    }

    [Theory]
    [InlineData(RolloutPhase.Stable, 0)]
    [InlineData(RolloutPhase.RolledBack, 1)]
    [InlineData(RolloutPhase.Failed, 1)]
    public async Task Rollout_status_watch_goes_on_to_the_end_and_exits_by_it(RolloutPhase end, int code)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.Progressing)];
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "rollout", "status", "web", "--watch", "-o", "json");
        await run.Out.UntilAsync("Progressing");
        cluster.Rollouts = [Samples.Rollout(end)];
        await time.PassAsync(RolloutStatusCommand.Interval);
        var result = await running;

        Assert.Equal(code, result.Code);
        var phases = result.Out.TrimEnd().Split('\n').Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.RolloutView)!.Phase);
        Assert.Equal([RolloutPhase.Progressing, end], phases);
    }

    [Theory]
    [InlineData(RolloutVerb.Pause, null, "rollout", "pause", "web")]
    [InlineData(RolloutVerb.Resume, null, "rollout", "resume", "web")]
    [InlineData(RolloutVerb.Promote, null, "rollout", "promote", "web")]
    [InlineData(RolloutVerb.Abort, null, "rollout", "abort", "web")]
    [InlineData(RolloutVerb.Rollback, null, "rollback", "web")]
    [InlineData(RolloutVerb.Rollback, "0ld0ld0ld0", "rollback", "web", "0ld0ld0ld0")]
    public async Task A_verb_is_sent_with_who_asks(RolloutVerb verb, string? revision, params string[] args)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.Progressing)];
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, args);

        Assert.Equal(0, result.Code);
        Assert.StartsWith("web: asked to ", result.Out, StringComparison.Ordinal);
        Assert.Equal(new RolloutCommand(verb, revision, "ann@box"), Assert.Single(cluster.RolloutCommands));
    }

    [Theory]
    [InlineData(RolloutPhase.Stable, 0, 1, 0, "web: revision ab12cd34ef serves after 3 s\n")]
    [InlineData(RolloutPhase.RolledBack, 3, 1, 1, "error: web: rolled back, ")]
    [InlineData(RolloutPhase.Failed, 1, 1, 1, "error: web: failed, ")]
    [InlineData(RolloutPhase.Stable, 0, 2, 1, "error: web: another rollout took its place: stable, ")]
    public async Task Rollback_wait_ends_with_the_rollout_that_goes_back(RolloutPhase end, int old, int newer, int code, string last)
    {
        await using var cluster = await FakeCluster.StartAsync();
        var rollout = Samples.Rollout(RolloutPhase.Progressing) with { Old = 0 };
        cluster.Rollouts = [rollout];
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };
        RolloutView[] follow =
        [
            rollout with { Phase = RolloutPhase.Stable }, // the one that was under way ends before the wish is read
            rollout with { Number = rollout.Number + 1 },
            rollout with { Number = rollout.Number + newer, Phase = end, Old = old },
        ];

        var running = run.RunAsync(cluster, "rollback", "web", "--wait");
        foreach (var next in follow)
        {
            await time.ArmedAsync(RollbackWait.Interval);
            cluster.Rollouts = [next];
            time.Advance(RollbackWait.Interval);
        }

        var result = await running;

        Assert.Equal(code, result.Code);
        Assert.Contains("web: progressing, ", result.Out, StringComparison.Ordinal);
        Assert.Contains(last, code == 0 ? result.Out : result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_wait_does_not_outlast_a_refusal()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.RolledBack)];
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "rollback", "web", "--wait");
        for (var second = 0; second < 15; second++)
        {
            await time.PassAsync(RollbackWait.Interval);
        }

        var result = await running;
        Assert.Equal(1, result.Code);
        Assert.Contains("web: it was not followed, it is rolled back, ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_is_newest_first_with_the_present_rollout_on_top()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.RolledBack, reason: "web-1-2 exited with 1")];
        using var run = new CliRun { Time = new WatchedTime() };

        var lines = (await run.RunAsync(cluster, "history", "web")).Out.TrimEnd().Split('\n');

        Assert.Matches("^4 +ab12cd34ef +- +- +sample:1 +4 s ago +- +rolled back +web-1-2 exited with 1 *$", lines[1]);
        Assert.Matches("^3 +0ld0ld0ld0 +2 +- +sample:0 +1 h ago +3 s +stable +all available *$", lines[2]);
    }

    [Fact]
    public async Task History_marks_a_manual_rollback()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var rollout = Samples.Rollout(RolloutPhase.Stable, reason: "all 3 replicas are available");
        cluster.Rollouts = [rollout with { ManualRollbackBy = "ann@box", History = [rollout.History[0] with { ManualRollbackBy = "bob@box" }] }];
        using var run = new CliRun { Time = new WatchedTime() };

        var lines = (await run.RunAsync(cluster, "history", "web")).Out.TrimEnd().Split('\n');

        Assert.EndsWith("manual rollback by ann@box; all 3 replicas are available", lines[1].TrimEnd(), StringComparison.Ordinal);
        Assert.EndsWith("manual rollback by bob@box; all available", lines[2].TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_wait_ends_with_the_reason_when_the_rollout_was_rolled_back()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 3, 3, 1)] };
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.Progressing)];
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");
        await run.Out.UntilAsync("web: 3/3 healthy, 1/3 up to date; progressing, 1/3 available of ab12cd34ef, 2 old\n");
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.RollingBack, reason: "web-1-2 exited with 1")];
        await time.PassAsync(PoolWait.Interval);
        await run.Out.UntilAsync("rolling back");
        cluster.Rollouts = [Samples.Rollout(RolloutPhase.RolledBack, reason: "web-1-2 exited with 1")];
        await time.PassAsync(PoolWait.Interval);
        var result = await running;

        Assert.Equal(1, result.Code);
        Assert.Contains("error: web: rolled back: web-1-2 exited with 1 (revision 0ld0ld0ld0 serves). The spec stays in force;", result.Error);
    }

    [Theory]
    [InlineData(RolloutPhase.Stable, "0ld0ld0ld0", "web: a person went back to revision 0ld0ld0ld0, which serves", "'nexus rollback web ab12cd34ef' rolls out what it asks for")]
    [InlineData(RolloutPhase.RolledBack, "ab12cd34ef", "web: rolled back: no luck (revision 0ld0ld0ld0 serves)", "'nexus rollout resume web' tries again")]
    public async Task Apply_wait_says_what_serves_in_place_of_the_specs_own_and_what_would_change_that(
        RolloutPhase phase, string target, string told, string advice)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 3, 3, 0)] };
        cluster.Rollouts = [Samples.Rollout(phase, target, "no luck")];
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");

        Assert.Equal(1, result.Code);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.Contains(advice, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RolloutPhase.Stable, "ab12cd34ef", "ab12cd34ef", 3, "Ready", "proven and complete")]
    [InlineData(RolloutPhase.Stable, "ab12cd34ef", "ab12cd34ef", 2, "Changing", "a replica is missing")]
    [InlineData(RolloutPhase.Progressing, "ab12cd34ef", "ab12cd34ef", 3, "Changing", "not proven yet")]
    [InlineData(RolloutPhase.Paused, "ab12cd34ef", "ab12cd34ef", 3, "Changing", "waits for a person")]
    [InlineData(RolloutPhase.RolledBack, "ab12cd34ef", "ab12cd34ef", 3, "Refused", "given up")]
    [InlineData(RolloutPhase.RolledBack, "0ld0ld0ld0", "0ld0ld0ld0", 3, "Changing", "the verdict is on an earlier spec")]
    [InlineData(RolloutPhase.Stable, "0ld0ld0ld0", "ab12cd34ef", 3, "Refused", "a person went back behind the spec")]
    public void Fate_of_a_pool_follows_the_rollout_of_its_own_revision(
        RolloutPhase phase, string target, string requested, int healthy, string fate, string because)
    {
        var rollout = Samples.Rollout(phase, target) with { Requested = requested };

        Assert.True(fate == PoolWait.FateOf(Samples.Pool("web", 3, healthy, 3), rollout).ToString(), because);
    }
}
