using Nexus.Api.V1;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>How often a manager looks when much happens at once. Alone, since the passes of all managers of the process are counted.</summary>
[Collection(nameof(BurstTests))]
[CollectionDefinition(nameof(BurstTests), DisableParallelization = true)]
public sealed class BurstTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_burst_of_changes_is_answered_by_a_few_quick_passes()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);
        await manager.ApplyAsync("worker_pools:\n  web:\n    min_replicas: 2\n    image: web:1\n    port: 80\n", Token);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        await n1.ObeyAsync(assignment, TimeProvider.System.GetUtcNow().AddMinutes(-1), Token);
        using var api = NexusApiClient.Create(new ApiEndpoint(manager.Http.BaseAddress!, "the test"), TimeProvider.System, () => 0.5);
        await Until.TrueAsync(() => api.PoolsAsync(Token), p => p is [{ Healthy: 2 }], "two healthy replicas", Token);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
        using var passes = new PassMeter();

        for (var i = 0; i < 10; i++)
        {
            await n1.ObeyAsync(assignment, TimeProvider.System.GetUtcNow().AddMinutes(-2).AddSeconds(i), Token);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }

        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token);
        TestContext.Current.SendDiagnosticMessage($"passes after a burst of 10: {passes}");
        Assert.True(passes.Count is >= 1 and <= 12, $"{passes}");
    }
}
