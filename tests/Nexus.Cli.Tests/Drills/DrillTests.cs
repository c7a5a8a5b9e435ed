using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexus.Api.V1;
using Nexus.Cli.Commands;
using Nexus.Cli.Drills;
using Nexus.Cli.Drills.Load;
using Nexus.Cli.Drills.Report;
using Nexus.Cli.Terminals;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using Spectre.Console;

namespace Nexus.Cli.Tests.Drills;

/// <summary>Whole drills against a cluster that is only its API, its routes and a web service.</summary>
public sealed class DrillTests
{
    private const string Yaml = "drills: allowed\n" + Samples.Yaml;

    [Fact]
    public async Task It_refuses_where_the_spec_does_not_allow_it_and_says_how_to()
    {
        await using var cluster = await StartAsync();
        cluster.Status = cluster.Status with { DrillsAllowed = false };
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "drill");

        Assert.Equal((1, ""), (result.Code, result.Out));
        Assert.Equal(
            "error: the spec of demo does not allow drills, which break things on purpose. "
            + "Where that is wanted, put the line 'drills: allowed' at the top level of its spec and apply it.\n",
            result.Error);
        Assert.All(cluster.Requests, r => Assert.Equal("GET", r.Method));
    }

    [Fact]
    public async Task It_refuses_a_cluster_that_is_broken_already()
    {
        await using var cluster = await StartAsync();
        using var missing = new CliRun();
        using var givenUp = new CliRun();
        using var unknown = new CliRun();

        cluster.Rollouts = [Samples.Rollout(RolloutPhase.RolledBack, reason: "web-1-2 exited with 1")];
        Assert.Contains("rolled back", (await givenUp.RunAsync(cluster, "drill")).Error);
        cluster.Status = cluster.Status with { Pools = [Samples.Pool("web", 3, 2, 3)] };
        Assert.Contains("not at full capacity", (await missing.RunAsync(cluster, "drill")).Error);
        Assert.Contains("There are web.", (await unknown.RunAsync(cluster, "drill", "--pool", "wbe")).Error);
        Assert.All(cluster.Requests, r => Assert.Equal("GET", r.Method));
    }

    [Fact]
    public async Task Wrong_usage_exits_1_since_3_means_broken_promises()
    {
        using var fault = new CliRun();
        using var rate = new CliRun();

        var unknown = await fault.RunAsync("drill", "--faults", "kill,explode");

        Assert.Equal(1, unknown.Code);
        Assert.StartsWith("error: 'explode' is not a fault; there are steady, kill,", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await rate.RunAsync("drill", "--rate", "-4")).Code);
    }

    [Fact]
    public async Task Kill_measures_until_out_of_rotation_and_until_full_again()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();
        var killed = new List<string>();
        cluster.OnRequest = context => AgentAsync(context, cluster, (allocation, _) => killed.Add(allocation));

        var (code, report, said) = await DrillAsync(cluster, service, "kill", times: 2);

        Assert.True(code == ExitCode.Ok, said);
        var kill = Assert.Single(report!.Faults, f => f.Fault == "kill");
        Assert.Equal((2, 0, 0), (kill.Runs, kill.Failed, kill.Allowed));
        Assert.InRange(kill.Requests, 50, 5000);
        Assert.Equal(2, kill.Ejected!.All.Count);
        Assert.All(kill.Full!.All, full => Assert.InRange(full, 80, 5000));
        Assert.True(kill.Ejected.Max < kill.Full.P50);
        Assert.Equal(["web-1-0", "web-1-0"], killed);
    }

    [Fact]
    public async Task A_failed_request_breaks_the_promise_and_is_shown()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();
        cluster.OnRequest = context => AgentAsync(context, cluster, (_, fault) => service.Status = fault == DrillFault.Kill ? 503 : 200, () => service.Status = 200);

        var (code, report, said) = await DrillAsync(cluster, service, "kill");

        Assert.True(code == ExitCode.PromiseBroken, said);
        var kill = Assert.Single(report!.Faults, f => f.Fault == "kill");
        Assert.True(kill.Broken);
        Assert.Equal(kill.Failed, kill.Kinds["503"]);
        Assert.Equal("said", kill.Failures[0].Detail);
    }

    [Fact]
    public async Task A_method_that_is_not_safe_is_promised_nothing_when_a_replica_dies()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();
        cluster.OnRequest = context => AgentAsync(context, cluster, (_, _) => service.Status = 503, () => service.Status = 200);

        var (code, report, _) = await DrillAsync(cluster, service, "kill", settings => settings with { Method = HttpMethod.Post });

        var kill = Assert.Single(report!.Faults, f => f.Fault == "kill");
        Assert.Equal((ExitCode.Ok, null, false), (code, kill.Allowed, kill.Broken));
        Assert.True(kill.Failed > 0);
    }

    [Fact]
    public async Task Deploy_applies_a_changed_spec_and_at_the_end_the_original_again()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();
        var applied = Follow(cluster);

        var (code, report, said) = await DrillAsync(cluster, service, "deploy", times: 2);

        Assert.True(code == ExitCode.Ok, said);
        Assert.NotNull(Assert.Single(report!.Faults, f => f.Fault == "deploy").Full);
        Assert.Equal(["deploy 1", "deploy 2", "original"], applied);
        Assert.Equal(Yaml, cluster.Spec!.Yaml);
    }

    [Fact]
    public async Task Interrupted_in_the_middle_of_a_fault_it_puts_everything_right()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();
        var applied = Follow(cluster, settle: false);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var running = DrillAsync(cluster, service, "deploy", cancellationToken: interrupt.Token);
        await UntilAsync(() => applied.Count == 1);
        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(Yaml, cluster.Spec!.Yaml);
    }

    [Fact]
    public async Task What_cannot_be_caused_is_skipped_with_its_reason()
    {
        await using var cluster = await StartAsync();
        await using var service = await FakeService.StartAsync();

        var (_, report, said) = await DrillAsync(
            cluster, service, "steady", settings => settings with { Faults = ["steady", "drain", "leader-kill", "gateway-restart", "consul-outage"] });

        var skipped = report!.Faults.Where(f => f.Skipped is not null).ToDictionary(f => f.Fault, f => f.Skipped!);
        Assert.Equal(["consul-outage", "drain", "gateway-restart", "leader-kill"], skipped.Keys.Order());
        Assert.Equal("there is one node; its replicas could go nowhere", skipped["drain"]);
        Assert.Contains("leader-kill: skipped: there is one manager", said);
    }

    private static async Task<FakeCluster> StartAsync()
    {
        var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(3, Yaml, Samples.Now, "bob");
        var own = cluster.Endpoint.Address.ToString();
        cluster.Status = Samples.Status with
        {
            DrillsAllowed = true,
            Managers = [new PeerView("m1", own, true)],
            Gateways = [new PeerView("g1", own, true)],
            Pools = [Samples.Pool("web", 3, 3, 3)],
            Allocations = [.. Enumerable.Range(0, 3).Select(i => Samples.Allocation($"web-1-{i}", "web", AllocationPhase.Running, healthy: true))],
            Nodes = [Samples.Node("n1") with { ApiAddress = own }],
        };
        cluster.OnRequest = context => AgentAsync(context, cluster, (_, _) => { });
        return cluster;
    }

    /// <summary>Is the agent and the gateway's admin listener: a killed replica is out at once and back, as another try, a moment later.</summary>
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<FakeCluster, RoutesState> Routed = [];

    private static async Task AgentAsync(HttpContext context, FakeCluster cluster, Action<string, DrillFault> drilled, Action? back = null)
    {
        var state = Routed.GetOrCreateValue(cluster);
        if (context.Request.Path == "/routes")
        {
            state.Look(back);
            await context.Response.WriteAsync(state.Json());
        }
        else if (context.Request.Path.Value!.EndsWith("/drill", StringComparison.Ordinal))
        {
            var allocation = context.Request.Path.Value.Split('/')[^2];
            var command = JsonSerializer.Deserialize(
                await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted), ApiJson.Default.DrillCommand)!;
            drilled(allocation, command.Fault);
            state.Kill(allocation);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }

    /// <summary>Lets the fake follow what is applied: the pool is of the new revision at once, or never.</summary>
    private static List<string> Follow(FakeCluster cluster, bool settle = true)
    {
        var applied = new List<string>();
        var usual = cluster.OnRequest!;
        cluster.OnRequest = async context =>
        {
            await usual(context);
            if (context.Request.Path == Routes.Status && cluster.Spec!.Revision > cluster.Status.SpecRevision)
            {
                var yaml = cluster.Spec.Yaml;
                applied.Add(yaml == Yaml ? "original" : yaml.Split("DRILL_RUN: \"")[1].Split('"')[0]);
                cluster.Status = cluster.Status with
                {
                    SpecRevision = cluster.Spec.Revision,
                    Pools = [Samples.Pool("web", 3, 3, settle || yaml == Yaml ? 3 : 1)],
                };
            }
        };
        return applied;
    }

    private static async Task<(ExitCode Code, DrillReport? Report, string Said)> DrillAsync(
        FakeCluster cluster, FakeService service, string fault, Func<DrillSettings, DrillSettings>? with = null, int times = 1,
        CancellationToken? cancellationToken = null)
    {
        var settings = new DrillSettings
        {
            Pool = "web",
            Urls = [service.Address],
            Rates = new LoadRates(200, 50),
            Faults = [fault],
            Times = times,
            WarmUp = TimeSpan.FromMilliseconds(100),
            Tail = TimeSpan.FromMilliseconds(100),
            RecoveryLimit = TimeSpan.FromSeconds(30),
        };
        var output = new WatchedWriter();
        var error = new WatchedWriter();
        var context = new CommandContext(
            new Terminal(Console(output), Console(error)), OutputFormat.Json, TimeProvider.System, Connect, e => NexusApiClient.Create(e, TimeProvider.System, () => 0));
        var code = await new DrillsCommand(context, "nowhere")
            .RunAsync(with?.Invoke(settings) ?? settings, cancellationToken ?? TestContext.Current.CancellationToken);
        return (code, JsonSerializer.Deserialize(output.ToString(), DrillJson.Default.DrillReport), $"{error}{output}");

        NexusApiClient Connect() => NexusApiClient.Create(cluster.Endpoint, TimeProvider.System, () => 0);
    }

    private static IAnsiConsole Console(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }
}
