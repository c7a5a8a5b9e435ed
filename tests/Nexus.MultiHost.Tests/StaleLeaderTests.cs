using System.Text.Json.Nodes;
using Nexus.EndToEnd.Tests;
using Nexus.MultiHost.Tests.Hosts;

namespace Nexus.MultiHost.Tests;

/// <summary>What a deposed leader wrote, or would write, on a machine of its own.</summary>
public sealed class StaleLeaderTests(MultiHostCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_assignment_of_an_earlier_epoch_stops_nothing()
    {
        await cluster.SettledAsync(Token);
        var victim = cluster.Workers[2];
        var key = $"/v1/kv/nexus/desired/{victim.Name}";
        var earlier = JsonNode.Parse(await cluster.Consul.GetStringAsync($"{key}?raw", Token))!;

        // The next leadership has a higher epoch; the agent has to have seen it, so there is something for it to write.
        await cluster.Orchestrator!.KillAsync();
        cluster.StartOrchestrator();
        await Until.HoldsAsync(
            async () => (await cluster.StatusAsync(Token)).Leader is not null, TimeSpan.FromSeconds(20), "the manager leads again",
            () => Task.FromResult(""), Token);
        await cluster.ScaleAsync(6, Token);
        await Until.HoldsAsync(
            async () => Epoch(JsonNode.Parse(await cluster.Consul.GetStringAsync($"/v1/kv/nexus/observed/{victim.Name}?raw", Token))!) > Epoch(earlier),
            TimeSpan.FromSeconds(20), "the agent acts by the new leader's word", () => Task.FromResult(""), Token);
        var running = await victim.ContainersAsync(Token);
        Assert.NotEmpty(running);

        // Past all fencing, as if Consul had let a sleeping leader's transaction through.
        var present = await cluster.Consul.GetStringAsync($"{key}?raw", Token);
        earlier["allocations"] = new JsonArray();
        earlier["generation"] = (ulong)earlier["generation"]! + 1_000;
        await cluster.Orchestrator!.KillAsync();
        try
        {
            await PutAsync(key, earlier.ToJsonString());
            await Until.HoldsAsync(
                async () => (await File.ReadAllTextAsync(victim.Agent!.Log, Token)).Contains("Assignment refused: its epoch", StringComparison.Ordinal),
                TimeSpan.FromSeconds(10), "the agent says that it refused", () => Task.FromResult(victim.Agent!.LastLines()), Token);
            Assert.Equal(running, await victim.ContainersAsync(Token));
        }
        finally
        {
            await PutAsync(key, present);
            cluster.StartOrchestrator();
        }

        await cluster.SettledAsync(Token, replicas: 6);
        Assert.Equal(running, await victim.ContainersAsync(Token));
        await cluster.ScaleAsync(3, Token);
    }

    [Fact]
    public async Task A_leader_that_is_cut_off_is_replaced_and_writes_nothing_when_it_is_back()
    {
        await cluster.SettledAsync(Token);
        var elsewhere = cluster.Workers[1];
        await using var second = MultiHostCluster.StartManagerOn(elsewhere.Host, "manager-2");
        await cluster.UntilAsync(s => s.Managers.Count(m => m.Healthy) == 2, TimeSpan.FromSeconds(20), "the second manager is known", Token);
        await cluster.Orchestrator!.KillAsync();
        cluster.StartOrchestrator();
        await LedByAsync("manager-2", TimeSpan.FromSeconds(15));
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", 100);

        await elsewhere.Host.UnplugAsync(Token);
        try
        {
            await LedByAsync("manager-1", TimeSpan.FromSeconds(8));

            // The new leader has something to do: what ran there is replaced.
            await cluster.UntilAsync(
                s => s.Allocations.Count(a => a.Healthy && a.Node != elsewhere.Name) == 3,
                TimeSpan.FromSeconds(20), "the new leader replaces what was there", Token);
        }
        finally
        {
            await elsewhere.Host.PlugInAsync(CancellationToken.None);
        }

        var epochs = await EpochsAsync();
        await cluster.SettledAsync(Token);
        await Until.HoldsAsync(
            async () => (await EpochsAsync()).All(now => now.Value >= epochs[now.Key])
                ? (await File.ReadAllTextAsync(second.Log, Token)).Contains("no longer leads", StringComparison.Ordinal)
                : throw new InvalidOperationException("An assignment of an earlier epoch stands in Consul."),
            TimeSpan.FromSeconds(10), "the second manager knows that it was deposed, and wrote nothing since",
            () => Task.FromResult(second.LastLines()), Token);
        Assert.Equal("manager-1", (await cluster.StatusAsync(Token)).Leader?.Manager);
        await load.StopAsync();
        Assert.True(load.Failures.Count <= 10, $"{load.Failures.Count} of {load.Sent} failed, first: {load.Failures.FirstOrDefault()}");
    }

    private Task<TimeSpan> LedByAsync(string manager, TimeSpan limit) => cluster.UntilAsync(
        s => s.Leader?.Manager == manager, limit, $"{manager} leads", Token);

    /// <summary>Of every assignment in Consul, whose epoch it bears.</summary>
    private async Task<Dictionary<string, ulong>> EpochsAsync()
    {
        var epochs = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var worker in cluster.Workers)
        {
            epochs[worker.Name] = Epoch(JsonNode.Parse(await cluster.Consul.GetStringAsync($"/v1/kv/nexus/desired/{worker.Name}?raw", Token))!);
        }

        return epochs;
    }

    private async Task PutAsync(string key, string document)
    {
        using var content = new StringContent(document);
        using var put = await cluster.Consul.PutAsync(key, content, CancellationToken.None);
        Assert.True(put.IsSuccessStatusCode, put.ToString());
    }

    private static ulong Epoch(JsonNode document) => (ulong)document["epoch"]!;
}
