using System.Text;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Cli.Tests;

public sealed class SpecCommandsTests
{
    private static readonly string Bad = Samples.Yaml.Replace("port: 8080", "port: 808080\n    imagee: x");

    public static TheoryData<string, byte[]?, int, string> BadFiles => new()
    {
        { "missing.yaml", null, 2, "missing.yaml does not exist" },
        { ".", null, 2, ". is a directory" },
        { "empty.yaml", [], 4, "empty.yaml is empty" },
        { "blank.yaml", " \n\t\n"u8.ToArray(), 4, "blank.yaml is empty" },
        { "latin1.yaml", [.. "a: 1\nb: "u8, 0xE9, .. "t\u00e9"u8], 4, "latin1.yaml:2: is not UTF-8" },
        { "huge.yaml", Encoding.ASCII.GetBytes(new string('#', (1024 * 1024) + 1)), 2, "larger than 1 MB" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_file_gives_one_clear_message(string name, byte[]? bytes, int code, string message)
    {
        foreach (var command in new[] { "validate", "apply" })
        {
            using var run = new CliRun();
            _ = bytes is null ? name : run.Write(name, bytes);

            var result = await run.RunAsync(command, name);

            Assert.Equal(code, result.Code);
            Assert.Contains(message, result.Error);
            Assert.Single(result.Error.TrimEnd().Split('\n'));
            Assert.Empty(result.Out);
        }
    }

    [Fact]
    public async Task Validate_needs_no_cluster()
    {
        using var run = new CliRun();

        var result = await run.RunAsync("validate", run.Write("nexus.yaml", Samples.Yaml));

        Assert.Equal(new CliResult(0, "nexus.yaml: valid\n", ""), result);
    }

    [Fact]
    public async Task Validate_takes_a_byte_order_mark_and_standard_input()
    {
        using var run = new CliRun { StandardInput = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Samples.Yaml)] };

        Assert.Equal(new CliResult(0, "<stdin>: valid\n", ""), await run.RunAsync("validate", "-"));
    }

    [Fact]
    public async Task Validate_prints_every_problem_with_its_place()
    {
        using var run = new CliRun();

        var result = await run.RunAsync("validate", run.Write("sub/nexus.yaml", Bad));

        Assert.Equal(4, result.Code);
        Assert.Empty(result.Out);
        var lines = result.Error.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^sub/nexus\.yaml:6:\d+: error: worker_pools\.web\.port: .*808080", lines[0]);
        Assert.Matches(@"^sub/nexus\.yaml:7:5: error: worker_pools\.web\.imagee: ", lines[1]);
        Assert.Equal("sub/nexus.yaml: invalid: 2 errors", lines[2]);
    }

    [Fact]
    public async Task Validate_writes_one_json_document()
    {
        using var run = new CliRun();

        var result = await run.RunAsync("validate", run.Write("nexus.yaml", Bad), "--output", "json");

        Assert.Equal(4, result.Code);
        Assert.Empty(result.Error);
        var read = JsonSerializer.Deserialize(result.Out, ApiJson.Default.SpecResult)!;
        Assert.False(read.Valid);
        Assert.Equal(2, read.Problems.Length);
    }

    [Fact]
    public async Task Validate_asks_the_cluster_too_and_says_each_problem_once()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, "old", Samples.Now, "bob");
        using var run = new CliRun();

        var good = await run.RunAsync(cluster, "validate", "--server", run.Write("nexus.yaml", Samples.Yaml));
        var bad = await run.RunAsync(cluster, "validate", "--server", run.Write("bad.yaml", Bad));

        Assert.Equal("nexus.yaml: valid; differs from revision 7 in force\n", good.Out);
        Assert.Equal(4, bad.Code);
        Assert.Equal(3, bad.Error.TrimEnd().Split('\n').Length);
        Assert.All(cluster.Requests, r => Assert.Equal("POST", r.Method));
    }

    [Fact]
    public async Task Apply_says_the_revision_and_what_changed()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var first = new CliRun();
        using var second = new CliRun();
        using var third = new CliRun();
        var changed = Samples.Yaml.Replace("sample:1", "sample:2").Replace("min_replicas: 3", "min_replicas: 4")
            + "\n  api:\n    image: api:1\n";

        Assert.Equal(
            "nexus.yaml: applied: revision 1 is in force (the first)\n  + web: 3..6 replicas of sample:1\n",
            (await first.RunAsync(cluster, "apply", first.Write("nexus.yaml", Samples.Yaml))).Out);
        Assert.Equal(
            "nexus.yaml: applied: revision 2 is in force (replaces 1)\n"
            + "  ~ web: replicas 3..6 → 4..6; image sample:1 → sample:2; all replicas are replaced\n"
            + "  + api: 1 replica of api:1\n",
            (await second.RunAsync(cluster, "apply", second.Write("nexus.yaml", changed))).Out);
        Assert.Equal(
            new CliResult(0, "nexus.yaml: unchanged: revision 2 stays in force\n", ""),
            await third.RunAsync(cluster, "apply", third.Write("nexus.yaml", changed)));
    }

    [Fact]
    public async Task Apply_of_what_was_given_up_says_why_nothing_happens()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var first = new CliRun();
        using var second = new CliRun();
        await first.RunAsync(cluster, "apply", first.Write("nexus.yaml", Samples.Yaml));
        cluster.Status = cluster.Status with
        {
            Pools = [Samples.Pool("web", 3, 3, 0) with { Rollout = RolloutPhase.RolledBack, RolloutReason = "it exits with code 1" }],
        };

        Assert.Equal(
            "nexus.yaml: unchanged: revision 1 stays in force\n  web: rolled back: it exits with code 1; it is not tried again until the pool changes\n",
            (await second.RunAsync(cluster, "apply", second.Write("nexus.yaml", Samples.Yaml))).Out);
    }

    [Fact]
    public async Task Apply_names_what_changed_of_the_gateway_and_the_cluster()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, Samples.Yaml, Samples.Now, "bob");
        using var run = new CliRun();
        var changed = Samples.Yaml + "\ncluster: shop\ndrills: allowed\ngateway: {slow_start: 9s, routes: [{pool: web, path: /}, {pool: web, path: /a}]}\n";

        Assert.Equal(
            "nexus.yaml: applied: revision 8 is in force (replaces 7)\n"
            + "  + route /a → web\n  ~ cluster: nexus → shop\n  ~ drills: forbidden → allowed\n  ~ gateway.slow_start: 3s → 9s\n",
            (await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", changed))).Out);
    }

    [Fact]
    public async Task Apply_sends_the_file_its_name_and_the_author()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var run = new CliRun();

        await run.RunAsync(cluster, "apply", run.Write("süß/my spec.yaml", Samples.Yaml));

        var put = Assert.Single(cluster.Requests, r => r.Method == "PUT");
        Assert.Equal("süß/my spec.yaml", ApiHeaders.Decode(put.Headers[ApiHeaders.File]));
        Assert.StartsWith("text/yaml", put.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(ApiHeaders.RevisionTag(0), put.Headers["If-Match"]);
        Assert.Equal(Samples.Yaml, cluster.Spec!.Yaml);
        Assert.Equal("ann@box", cluster.Spec.AppliedBy);
    }

    [Fact]
    public async Task Apply_shows_the_clusters_problems_and_what_stays()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, Samples.Yaml, Samples.Now, "bob");
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Bad));

        Assert.Equal(4, result.Code);
        Assert.Contains("nexus.yaml:7:5: error: worker_pools.web.imagee: ", result.Error);
        Assert.EndsWith("nexus.yaml: refused: 2 errors; revision 7 stays in force\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(7, cluster.Spec.Revision);
    }

    [Fact]
    public async Task Apply_if_revision_refuses_to_overwrite_anothers_change()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, "old: 1", Samples.Now, "bob");
        using var run = new CliRun();
        var file = run.Write("nexus.yaml", Samples.Yaml);

        var refused = await run.RunAsync(cluster, "apply", file, "--if-revision", "6");
        var applied = await run.RunAsync(cluster, "apply", file, "--if-revision", "7");

        Assert.Equal(1, refused.Code);
        Assert.Equal("error: The spec has changed. Revision 7 is in force, not 6.\n", refused.Error);
        Assert.Equal(0, applied.Code);
    }

    [Fact]
    public async Task Apply_wait_ends_when_every_pool_is_ready()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 0, Pools = [Samples.Pool("web", 3, 3, 3)] };
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait");
        await run.Out.UntilAsync("web: 3/3 healthy, 3/3 up to date");
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 3, 3, 1)] };
        await time.PassAsync(PoolWait.Interval);
        await run.Out.UntilAsync("web: 3/3 healthy, 1/3 up to date");
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 3, 3, 3)] };
        await time.PassAsync(PoolWait.Interval);
        var result = await running;

        Assert.Equal(0, result.Code);
        Assert.EndsWith("the pool is ready after 2 s\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_wait_gives_up_after_its_timeout_and_says_why()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView
        {
            SpecRevision = 1,
            Pools = [Samples.Pool("api", 2, 2, 2), Samples.Pool("web", 3, 2, 3)],
            Allocations = [Samples.Allocation("web-1-1", "web", AllocationPhase.Failed, healthy: false) with { Reason = "exit code 1" }],
        };
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait", "1500ms", "-o", "json");
        await time.PassAsync(PoolWait.Interval);
        await time.PassAsync(TimeSpan.FromMilliseconds(500));
        var result = await running;

        Assert.Equal(5, result.Code);
        Assert.Single(result.Out.TrimEnd().Split('\n'));
        Assert.True(JsonSerializer.Deserialize(result.Out, ApiJson.Default.SpecResult)!.Changed);
        Assert.Contains("timed out: not ready after 1 s", result.Error);
        Assert.Contains("  web: 2/3 healthy, 3/3 up to date\n    web-1-1 on n1: exit code 1\n", result.Error);
        Assert.DoesNotContain("  api:", result.Error);
    }

    [Fact]
    public async Task Apply_wait_outlives_a_manager_that_is_away_for_a_while()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Status = new StatusView { SpecRevision = 1, Pools = [Samples.Pool("web", 3, 3, 3)] };
        var away = true;
        cluster.OnRequest = context => away && context.Request.Path == Routes.Status
            ? FakeCluster.ProblemAsync(context, 503, "Consul does not answer", "It is tried again.")
            : Task.CompletedTask;
        var time = new WatchedTime();
        using var run = new CliRun { Time = time };

        var running = run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml), "--wait=1m");
        await run.Error.UntilAsync("Consul does not answer. It is tried again. Still waiting.");
        away = false;
        await time.PassAsync(PoolWait.Interval);

        Assert.Equal(0, (await running).Code);
    }
}
