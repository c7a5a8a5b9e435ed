using System.Net;
using Nexus.Api.V1;
using Nexus.Core.State;

namespace Nexus.EndToEnd.Tests;

/// <summary>What a user sees of a cluster, the same for containers and processes: one class per runtime derives from it.</summary>
public abstract class ClusterScenarios(string runtime)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_one_YAML_to_traffic_through_crash_apply_and_scale()
    {
        await using var cluster = await RunningCluster.StartAsync(Specs.Sample(), Token, "--runtime", runtime);

        await Traffic_goes_round_all_replicas(cluster);
        await A_killed_replica_costs_no_request_and_is_replaced(cluster);
        await A_new_revision_replaces_the_old_one_without_a_failed_request(cluster);
        await Scaling_and_removing_pools_follows_the_spec(cluster);
        await A_bad_spec_changes_nothing(cluster);
    }

    /// <summary>Ends a replica from outside, as a crash would.</summary>
    internal abstract Task KillAsync(AllocationView allocation, WhoAmI who);

    private static async Task Traffic_goes_round_all_replicas(RunningCluster cluster)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 30; i++)
        {
            var who = await cluster.WhoAmIAsync("/whoami", Token);
            Assert.Equal("web", who.Pool);
            seen.Add(who.Allocation);
        }

        Assert.Equal(3, seen.Count);
        Assert.Equal("api", (await cluster.WhoAmIAsync("/api/whoami", Token)).Pool);
        var status = await cluster.StatusAsync(Token);
        Assert.Equal(1, status.Pools.Single(p => p.Name == "echo").Healthy);
        Assert.Equal(2, status.Nodes.Count(n => n.Status == NodeStatus.Ready));
        Assert.Equal("manager-1", status.Leader?.Manager);
        using var answer = await cluster.Gateway.GetAsync("/", Token);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }

    private async Task A_killed_replica_costs_no_request_and_is_replaced(RunningCluster cluster)
    {
        var who = await cluster.WhoAmIAsync("/whoami", Token);
        var victim = (await cluster.StatusAsync(Token)).Allocations.Single(a => a.Id == who.Allocation);
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 100);

        await KillAsync(victim, who);

        await cluster.UntilAsync(
            s => s.Allocations.Any(a => a.Id == victim.Id && a is { Restarts: 1, Healthy: true }), $"{victim.Id} serves again", Token);
        await load.AssertNoneFailedAsync();
        var events = (await cluster.EventsAsync(Token)).Where(e => e.Allocation == victim.Id).Select(e => e.Kind).ToList();
        Assert.Contains("AllocationExited", events);
        Assert.Contains("AllocationRestarting", events);
    }

    private static async Task A_new_revision_replaces_the_old_one_without_a_failed_request(RunningCluster cluster)
    {
        var before = (await cluster.StatusAsync(Token)).Allocations.Where(a => a.Pool == "web").Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);

        await cluster.ApplyAsync(Specs.Sample(version: "2"), Token);

        await cluster.UntilAsync(
            s => s.Pools.Single(p => p.Name == "web") is { UpToDate: 3, Healthy: 3, Running: 3 }
                && s.Allocations.Where(a => a.Pool == "web").All(a => !before.Contains(a.Id)),
            "three healthy replicas of the new revision and none of the old", Token);
        await load.AssertNoneFailedAsync();
        Assert.Equal("2", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
    }

    private static async Task Scaling_and_removing_pools_follows_the_spec(RunningCluster cluster)
    {
        await cluster.ApplyAsync(Specs.Sample(web: 2, version: "2", withApi: false), Token);

        await cluster.UntilAsync(s => s.Allocations.Length == 3 && s.Pools.Length == 2, "two of web, one of echo, nothing else", Token);
        await EventuallyAsync(
            async () =>
            {
                // The replicas of web know no /api; those of api did.
                using var answer = await cluster.Gateway.GetAsync("/api/whoami", Token);
                return answer.StatusCode == HttpStatusCode.NotFound;
            },
            "/api falls to the route that is left");
    }

    private static async Task A_bad_spec_changes_nothing(RunningCluster cluster)
    {
        var before = await cluster.StatusAsync(Token);
        var file = Path.Combine(Path.GetTempPath(), $"nexus-e2e-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, "worker_pools:\n  web:\n    imag: x\n", Token);

        var refused = await cluster.NexusAsync(Token, "apply", file);

        File.Delete(file);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains($"{file}:3:5: error: worker_pools.web.imag", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before.SpecRevision, (await cluster.StatusAsync(Token)).SpecRevision);
        Assert.Equal(HttpStatusCode.OK, (await cluster.Gateway.GetAsync("/whoami", Token)).StatusCode);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        throw new TimeoutException($"It did not happen: {what}.");
    }
}
