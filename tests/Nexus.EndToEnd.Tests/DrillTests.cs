using System.Text.Json;

namespace Nexus.EndToEnd.Tests;

/// <summary>The <c>nexus drill</c> of a user, on a real cluster.</summary>
public sealed class DrillTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drill_is_refused_until_it_is_allowed_and_then_shows_what_faults_cost()
    {
        await using var cluster = await RunningCluster.StartAsync(Spec("forbidden"), Token, "--runtime", "process");

        var refused = await DrillAsync(cluster);
        Assert.True(refused.ExitCode == 1, refused.ToString());
        Assert.Contains("drills: allowed", refused.Error, StringComparison.Ordinal);

        await cluster.ApplyAsync(Spec("allowed"), Token);
        await cluster.UntilAsync(s => s.DrillsAllowed, "drills are allowed", Token);
        var drill = await DrillAsync(cluster);

        Assert.True(drill.ExitCode == 0, drill.ToString());
        using var report = JsonDocument.Parse(drill.Output);
        var faults = report.RootElement.GetProperty("faults").EnumerateArray().ToDictionary(f => f.GetProperty("fault").GetString()!, StringComparer.Ordinal);
        Assert.Equal(0, faults["kill"].GetProperty("failed").GetInt64());
        Assert.Equal(0, faults["deploy"].GetProperty("failed").GetInt64());
        Assert.InRange(faults["kill"].GetProperty("requests").GetInt64(), 50, 100_000);
        var kill = faults["kill"];
        Assert.True(kill.GetProperty("ejected").GetProperty("max").GetDouble() <= kill.GetProperty("full").GetProperty("max").GetDouble(), drill.ToString());
        Assert.True(faults["deploy"].GetProperty("full").GetProperty("max").GetDouble() >= 1000, "a deploy cannot be shorter than min_healthy_time");
        Assert.Contains(await cluster.EventsAsync(Token), e => e.Kind == "DrillFaultCaused");
        var status = await cluster.StatusAsync(Token);
        Assert.Equal(3, status.Pools.Single().Healthy);
    }

    private static Task<CommandResult> DrillAsync(RunningCluster cluster) => cluster.NexusAsync(
        Token, "drill", "--rate", "100", "--new-connections-rate", "20", "--faults", "kill,deploy",
        "--output", "json");

    private static string Spec(string drills) => $$"""
        cluster: drilled
        drills: {{drills}}
        worker_pools:
          web:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: 3
            health: { path: /health, interval: 1s }
            rollout: { max_surge: 3, min_healthy_time: 1s }
            drain: { timeout: 2s, stop_timeout: 3s }
            process: { command: {{Specs.SampleCommand}} }
        gateway:
          routes:
            - { path: /, pool: web }
        """;
}
