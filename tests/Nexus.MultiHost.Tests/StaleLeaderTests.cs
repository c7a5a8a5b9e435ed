using System.Text.Json.Nodes;
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

    private async Task PutAsync(string key, string document)
    {
        using var content = new StringContent(document);
        using var put = await cluster.Consul.PutAsync(key, content, CancellationToken.None);
        Assert.True(put.IsSuccessStatusCode, put.ToString());
    }

    private static ulong Epoch(JsonNode document) => (ulong)document["epoch"]!;
}
