using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Api.V1;

namespace Nexus.Bench.Cluster;

/// <summary>A cluster of three replicas in containers, composed by the AppHost, on free ports.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    // A replica that is killed again and again is a crash loop by default; here it is the experiment.
    private const string Spec = """
        cluster: bench
        worker_pools:
          web:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: 3
            health: { path: /health, interval: 1s }
            restart: { initial_delay: 100ms, max_delay: 100ms, reset_after: 1s }
        """;

    private readonly DistributedApplication _app;

    private BenchCluster(DistributedApplication app)
    {
        _app = app;
        Gateway = app.GetEndpoint("gateway", "http");
        Admin = app.CreateHttpClient("gateway", "admin");
        Api = app.CreateHttpClient("manager-1", "http");
    }

    public Uri Gateway { get; }

    public HttpClient Admin { get; }

    public HttpClient Api { get; }

    public static async Task<BenchCluster> StartAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"nexus-bench-{Environment.ProcessId}.yaml");
        await File.WriteAllTextAsync(file, Spec, cancellationToken);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_AppHost>(
            ["--spec", file, "--runtime", "docker"], cancellationToken);
        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        await app.ResourceNotifications.WaitForResourceAsync("pools", KnownResourceStates.Finished, cancellationToken);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", cancellationToken);
        File.Delete(file);
        return new BenchCluster(app);
    }

    /// <summary>Where an allocation stands in the gateway's routing; null when it is not in rotation.</summary>
    public async Task<int?> AttemptInRotationAsync(string allocation, CancellationToken cancellationToken)
    {
        using var routes = await JsonDocument.ParseAsync(
            await Admin.GetStreamAsync("/routes", cancellationToken), default, cancellationToken);
        foreach (var pool in routes.RootElement.GetProperty("pools").EnumerateArray())
        {
            foreach (var destination in pool.GetProperty("destinations").EnumerateArray())
            {
                if (destination.GetProperty("allocation").GetString() == allocation
                    && destination.GetProperty("rotation").GetString() == "In"
                    && !destination.TryGetProperty("ejected", out _))
                {
                    return destination.GetProperty("attempt").GetInt32();
                }
            }
        }

        return null;
    }

    /// <summary>The replicas that are healthy now.</summary>
    public async Task<List<AllocationView>> HealthyAsync(CancellationToken cancellationToken) =>
        [.. (await Api.GetFromJsonAsync(Routes.Allocations, ApiJson.Default.ImmutableArrayAllocationView, cancellationToken)).Where(a => a.Healthy)];

    /// <summary>Waits until all three are healthy and in rotation.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var healthy = await HealthyAsync(cancellationToken);
            var routed = 0;
            foreach (var allocation in healthy)
            {
                routed += await AttemptInRotationAsync(allocation.Id, cancellationToken) is null ? 0 : 1;
            }

            if (routed == 3)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The main process of an allocation's container.</summary>
    public static async Task<int> PidOfAsync(string allocation, CancellationToken cancellationToken)
    {
        var id = await DockerAsync($"ps -q --filter label=nexus.allocation={allocation}", cancellationToken);
        return int.Parse(await DockerAsync($"inspect -f {{{{.State.Pid}}}} {id}", cancellationToken));
    }

    /// <summary>SIGKILL, straight from here: the engine is not asked and adds no time of its own.</summary>
    public static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        Api.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task<string> DockerAsync(string arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return output.Trim();
    }
}
