using Nexus.Core.Rollouts;
using Nexus.EndToEnd.Tests;
using Nexus.MultiHost.Tests.Hosts;

namespace Nexus.MultiHost.Tests;

/// <summary>
/// The least a spec can say: an image, a port, three replicas. Engines forward the port with a proxy, which accepts connections
/// before the container does, and without one; the gateway is on a machine of its own.
/// </summary>
public sealed class DefaultCheckTests(MultiHostCluster cluster)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Revisions_that_listen_late_or_never_cost_no_request()
    {
        await cluster.ApplyAsync(Spec("1"), Token);
        await UntilAsync(RolloutPhase.Stable, "1");
        await using (var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 100))
        {
            await cluster.ApplyAsync(Spec("2", listensAfter: TimeSpan.FromSeconds(5)), Token);
            await UntilAsync(RolloutPhase.Stable, "2");
            await load.AssertNoneFailedAsync();
        }

        await using (var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 100))
        {
            await cluster.ApplyAsync(Spec("3", listensAfter: TimeSpan.FromHours(1)), Token);
            await UntilAsync(RolloutPhase.RolledBack, "2");
            await load.AssertNoneFailedAsync();
        }

        var rollout = await cluster.Api.GetRolloutAsync("web", Token);
        Assert.Contains("did not serve within 3 s: TCP connect to ", rollout.Reason, StringComparison.Ordinal);
        await cluster.ScaleAsync(3, Token);
    }

    private Task<TimeSpan> UntilAsync(RolloutPhase phase, string version) => Until.HoldsAsync(
        async () => (await cluster.Api.GetRolloutAsync("web", Token)).Phase == phase && await AllAnswerAsync(version),
        Limit, $"{phase} with version {version} alone", async () => (await cluster.Api.GetRolloutAsync("web", Token)).ToString(), Token);

    private async Task<bool> AllAnswerAsync(string version)
    {
        for (var i = 0; i < 12; i++)
        {
            if (!(await cluster.Gateway.GetStringAsync("/whoami", Token)).Contains($"\"version\":\"{version}\"", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string Spec(string version, TimeSpan? listensAfter = null) => $$"""
        cluster: multihost
        worker_pools:
          web:
            image: nexus/light:local
            port: 8080
            min_replicas: 3
            env: { VERSION: "{{version}}", START_DELAY_MS: "{{listensAfter?.TotalMilliseconds ?? 0:0}}" }
            {{(listensAfter > TimeSpan.FromMinutes(1) ? "health: { startup_timeout: 3s }" : "")}}
        """;
}
