using System.Diagnostics;
using Nexus.Api.V1;

namespace Nexus.EndToEnd.Tests;

/// <summary>Replicas as plain processes, for machines without a container engine.</summary>
public sealed class ProcessClusterTests() : ClusterScenarios("process")
{
    [Fact]
    public async Task Two_clusters_run_side_by_side()
    {
        var token = TestContext.Current.CancellationToken;
        var clusters = await Task.WhenAll(
            RunningCluster.StartAsync(Specs.Sample(web: 1, withApi: false), token, "--runtime", "process", "--topology", "single"),
            RunningCluster.StartAsync(Specs.Sample(web: 1, withApi: false), token, "--runtime", "process", "--topology", "single"));
        await using var first = clusters[0];
        await using var second = clusters[1];

        var one = await first.WhoAmIAsync("/whoami", token);
        var other = await second.WhoAmIAsync("/whoami", token);

        Assert.NotEqual(one.Pid, other.Pid);
        Assert.Single((await first.StatusAsync(token)).Nodes);
        Assert.Single((await second.StatusAsync(token)).Nodes);
    }

    internal override Task KillAsync(AllocationView allocation, WhoAmI who)
    {
        using var process = Process.GetProcessById(who.Pid);
        process.Kill();
        return Task.CompletedTask;
    }
}
