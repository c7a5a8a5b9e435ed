using Nexus.Api.V1;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.EndToEnd.Tests;

/// <summary>
/// Deploys and drains as a user does them, two gateways up and POSTs under way: nothing may be sent twice, so nothing may be
/// lost either.
/// </summary>
public sealed class DeployTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deploys_and_drains_cost_no_request_of_any_method()
    {
        await using var cluster = await RunningCluster.StartAsync(Spec("1", ""), Token, "--runtime", "process", "--gateways", "2", "--workers", "3");

        await A_deploy_replaces_all_at_once(cluster);
        await A_deploy_that_cannot_start_is_taken_back(cluster);
        await A_blue_green_deploy_switches(cluster);
        await A_canary_waits_to_be_promoted(cluster);
        await An_earlier_revision_can_be_had_again(cluster);
        await A_node_can_be_emptied(cluster);
    }

    private static async Task A_deploy_replaces_all_at_once(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        Assert.Equal(0, (await ApplyAndWaitAsync(cluster, Spec("2", "max_surge: 3"))).ExitCode);

        await load.AssertNoneFailedAsync();
        Assert.Equal("2", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task A_deploy_that_cannot_start_is_taken_back(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        var applied = await ApplyAndWaitAsync(cluster, Spec("3", "max_surge: 3", command: "[sh, -c, \"echo no such luck; exit 3\"]"));

        await load.AssertNoneFailedAsync();
        Assert.NotEqual(0, applied.ExitCode);
        Assert.Contains("web: rolled back: web-", applied.Error, StringComparison.Ordinal);
        Assert.Contains("'nexus rollout resume web'", applied.Error, StringComparison.Ordinal);
        var rollout = await RolloutAsync(cluster);
        Assert.Equal(RolloutPhase.RolledBack, rollout.Phase);
        Assert.Equal("2", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task A_blue_green_deploy_switches(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        Assert.Equal(0, (await ApplyAndWaitAsync(cluster, Spec("4", "strategy: blue_green, keep_old: 1s"))).ExitCode);

        await load.AssertNoneFailedAsync();
        Assert.Equal("4", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task A_canary_waits_to_be_promoted(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        await cluster.ApplyAsync(Spec("5", "strategy: canary, canary: { steps: [{ count: 1 }] }"), Token);
        await UntilRolloutAsync(cluster, r => r is { Phase: RolloutPhase.Paused, Available: 1, Old: 3 or 2 }, "one canary beside the old");
        Assert.Equal(0, (await cluster.NexusAsync(Token, "rollout", "promote", "web")).ExitCode);
        await UntilRolloutAsync(cluster, r => r is { Phase: RolloutPhase.Stable, Updated: 3, Old: 0 }, "all of the new");

        await load.AssertNoneFailedAsync();
        Assert.Equal("5", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task An_earlier_revision_can_be_had_again(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        var asked = await cluster.NexusAsync(Token, "rollback", "web");
        Assert.True(asked.ExitCode == 0, asked.ToString());
        await UntilRolloutAsync(cluster, r => r is { Phase: RolloutPhase.Stable, Updated: 3, Old: 0, Number: >= 6 }, "the one before, again");

        await load.AssertNoneFailedAsync();
        Assert.Equal("4", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task A_node_can_be_emptied(RunningCluster cluster)
    {
        await using var load = Load(cluster);

        var drained = await cluster.NexusAsync(Token, "drain", "worker-1", "--wait");

        Assert.True(drained.ExitCode == 0, drained.ToString());
        var status = await cluster.UntilAsync(
            s => s.Nodes.Single(n => n.Name == "worker-1") is { Status: NodeStatus.Drained, Allocations: 0 }, "worker-1 is drained", Token);
        Assert.Equal(3, status.Pools.Single(p => p.Name == "web").Healthy);
        Assert.Equal(0, (await cluster.NexusAsync(Token, "uncordon", "worker-1")).ExitCode);
        await cluster.UntilAsync(s => s.Nodes.Single(n => n.Name == "worker-1").Status == NodeStatus.Ready, "worker-1 is in use", Token);
        await load.AssertNoneFailedAsync();
    }

    private static SteadyLoad Load(RunningCluster cluster) => SteadyLoad.OfPosts(cluster.Gateway, "/echo", perSecond: 50);

    private static async Task<CommandResult> ApplyAndWaitAsync(RunningCluster cluster, string spec)
    {
        var file = Path.Combine(Path.GetTempPath(), $"nexus-e2e-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, spec, Token);
        try
        {
            return await cluster.NexusAsync(Token, "apply", file, "--prune", "--wait");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task<RolloutView> RolloutAsync(RunningCluster cluster) => cluster.RolloutAsync("web", Token);

    private static async Task UntilRolloutAsync(RunningCluster cluster, Func<RolloutView, bool> condition, string what)
    {
        RolloutView? last = null;
        for (var i = 0; i < 600; i++)
        {
            last = await RolloutAsync(cluster);
            if (condition(last))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        Assert.Fail($"It did not happen within 30 s: {what}. Last seen: {last}");
    }

    private static string Spec(string version, string rollout, string? command = null) => $$"""
        cluster: e2e
        worker_pools:
          web:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: 3
            env: { APP_VERSION: "{{version}}" }
            health: { path: /health, interval: 1s }
            drain: { timeout: 5s, stop_timeout: 3s }
            rollout: { {{(rollout.Length > 0 ? rollout + ", " : "")}}min_healthy_time: 500ms }
            process: { command: {{command ?? Specs.SampleCommand}} }
        gateway:
          routes:
            - { path: /, pool: web }
        """;
}
