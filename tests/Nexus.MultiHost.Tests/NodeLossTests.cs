using System.Diagnostics;
using Nexus.Core.State;
using Nexus.EndToEnd.Tests;
using Nexus.MultiHost.Tests.Hosts;

namespace Nexus.MultiHost.Tests;

/// <summary>Machines that go away and come back.</summary>
public sealed class NodeLossTests(MultiHostCluster cluster)
{
    private const int PerSecond = 100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_machine_costs_no_request_after_its_ejection_and_returns_without_a_storm()
    {
        await cluster.SettledAsync(Token);
        var victim = cluster.Workers[0];
        var there = (await cluster.StatusAsync(Token)).Allocations.Where(a => a.Node == victim.Name).Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(there);
        var kept = await victim.ContainersAsync(Token);
        await using var during = new SteadyLoad(cluster.Gateway, "/whoami", PerSecond);
        await using var after = await LoseAsync(victim, there);
        await during.StopAsync();
        Note($"failed before and during the ejection: {during.Failures.Count} of {during.Sent}");

        // Itself the machine ran on: it stopped nothing on its own account, nor did its return start anything.
        Assert.Equal(kept, await victim.ContainersAsync(Token));
        var starts = await StartsAsync(cluster.Workers);
        await victim.Host.PlugInAsync(Token);
        await cluster.SettledAsync(Token);

        await after.StopAsync();
        Assert.True(after.Failures.Count == 0, $"{after.Failures.Count} of {after.Sent} failed after the ejection, first: {after.Failures.FirstOrDefault()}");
        Assert.True(during.Failures.Count <= PerSecond / 10, $"{during.Failures.Count} of {during.Sent} failed, first: {during.Failures.FirstOrDefault()}");
        Assert.Equal(starts, await StartsAsync(cluster.Workers));
    }

    [Fact]
    public async Task A_short_cut_of_the_network_moves_nothing()
    {
        await cluster.SettledAsync(Token);
        var victim = cluster.Workers[1];
        var before = (await cluster.StatusAsync(Token)).Allocations.Select(a => (a.Id, a.Restarts)).Order().ToArray();

        await victim.Host.UnplugAsync(Token);
        try
        {
            await cluster.UntilAsync(
                s => s.Nodes.Single(n => n.Name == victim.Name).Status == NodeStatus.Suspect, TimeSpan.FromSeconds(10), "it is suspect", Token);
        }
        finally
        {
            await victim.Host.PlugInAsync(CancellationToken.None);
        }

        await cluster.SettledAsync(Token);
        Assert.Equal(before, (await cluster.StatusAsync(Token)).Allocations.Select(a => (a.Id, a.Restarts)).Order().ToArray());
    }

    /// <summary>Unplugs a machine and waits for its replicas to be replaced; returns the load that began with its ejection.</summary>
    private async Task<SteadyLoad> LoseAsync(Worker victim, HashSet<string> there)
    {
        await victim.Host.UnplugAsync(Token);
        var unplugged = Stopwatch.GetTimestamp();
        SteadyLoad? after = null;
        try
        {
            await Until.HoldsAsync(
                async () => !(await cluster.RoutedAsync(Token)).Overlaps(there),
                TimeSpan.FromSeconds(10), "the gateway gives the lost machine no requests", () => Task.FromResult(""), Token);
            Note($"out of rotation after {Stopwatch.GetElapsedTime(unplugged).TotalSeconds:0.00} s");
            after = new SteadyLoad(cluster.Gateway, "/whoami", PerSecond);
            await cluster.UntilAsync(
                s => s.Allocations.Count(a => a.Healthy && a.Node != victim.Name) == 3,
                TimeSpan.FromSeconds(15) - Stopwatch.GetElapsedTime(unplugged), "three replicas serve on the others", Token);
            Note($"capacity back after {Stopwatch.GetElapsedTime(unplugged).TotalSeconds:0.00} s");
            return after;
        }
        catch
        {
            await victim.Host.PlugInAsync(CancellationToken.None);
            await (after?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    private static void Note(string words) => TestContext.Current.TestOutputHelper?.WriteLine(words);

    private static async Task<int> StartsAsync(IEnumerable<Worker> workers)
    {
        var starts = 0;
        foreach (var worker in workers)
        {
            starts += await worker.StartsAsync(Token);
        }

        return starts;
    }
}
