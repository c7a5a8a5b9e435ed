using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Api.V1;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.EndToEnd.Tests;

/// <summary>A whole cluster, composed by the AppHost as a user's is, on free ports.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DistributedApplication _app;

    private RunningCluster(DistributedApplication app)
    {
        _app = app;
        Gateway = app.CreateHttpClient("gateway", "http");
        GatewayAdmin = app.CreateHttpClient("gateway", "admin");
        Api = app.CreateHttpClient("manager-1", "http");
        Worker = app.CreateHttpClient("worker-1", "http");
        Consul = app.CreateHttpClient("consul", "http");
    }

    /// <summary>Where clients come in.</summary>
    public HttpClient Gateway { get; }

    /// <summary>Where the gateway shows itself.</summary>
    public HttpClient GatewayAdmin { get; }

    /// <summary>The first manager.</summary>
    public HttpClient Api { get; }

    /// <summary>The first worker agent.</summary>
    public HttpClient Worker { get; }

    /// <summary>Consul's own API.</summary>
    public HttpClient Consul { get; }

    /// <summary>Puts a value under a key behind everybody's back; null deletes the key.</summary>
    public async Task SpoilAsync(string key, string? value, CancellationToken cancellationToken)
    {
        using var answer = value is null
            ? await Consul.DeleteAsync($"/v1/kv/{key}", cancellationToken)
            : await Consul.PutAsync($"/v1/kv/{key}", new StringContent(value), cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Starts a cluster and waits until its pools serve.</summary>
    public static async Task<RunningCluster> StartAsync(string spec, CancellationToken cancellationToken, params string[] args)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var file = Path.Combine(Path.GetTempPath(), $"nexus-e2e-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, spec, limit.Token);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_AppHost>(["--spec", file, .. args], limit.Token);
        builder.Services.AddLogging(logging => logging.AddProvider(new TestOutputLogging()));
        var app = await builder.BuildAsync(limit.Token);
        try
        {
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceAsync("pools", KnownResourceStates.Finished, limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", limit.Token);
            return new RunningCluster(app);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            await app.DisposeAsync();
            throw new TimeoutException($"The cluster was not ready within {StartLimit.TotalSeconds} s.", e);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Who answers a path.</summary>
    public async Task<WhoAmI> WhoAmIAsync(string path, CancellationToken cancellationToken) =>
        (await Gateway.GetFromJsonAsync<WhoAmI>(path, cancellationToken))!;

    /// <summary>The cluster as the first manager shows it.</summary>
    public async Task<StatusView> StatusAsync(CancellationToken cancellationToken) =>
        (await Api.GetFromJsonAsync(Routes.Status, ApiJson.Default.StatusView, cancellationToken))!;

    /// <summary>Waits until the cluster is as wanted.</summary>
    public async Task<StatusView> UntilAsync(Func<StatusView, bool> condition, string what, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(cancellationToken);
            if (condition(status))
            {
                return status;
            }

            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException(
                    $"It did not happen within {Limit.TotalSeconds} s: {what}. Pools: {string.Join("; ", status.Pools)}. "
                    + $"Allocations: {string.Join("; ", status.Allocations)}. Events: {string.Join("; ", await EventsAsync(cancellationToken))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>How a pool's rollout stands.</summary>
    public async Task<RolloutView> RolloutAsync(string pool, CancellationToken cancellationToken) =>
        (await Api.GetFromJsonAsync(Routes.RolloutOf(pool), ApiJson.Default.RolloutView, cancellationToken))!;

    /// <summary>What happened, oldest first.</summary>
    public async Task<IReadOnlyList<EventView>> EventsAsync(CancellationToken cancellationToken) =>
        await Api.GetFromJsonAsync(Routes.Events, ApiJson.Default.ImmutableArrayEventView, cancellationToken);

    /// <summary>Runs the <c>nexus</c> command against this cluster.</summary>
    public Task<CommandResult> NexusAsync(CancellationToken cancellationToken, params string[] args)
    {
        // Beside our own output folder stands that of the command, built with the AppHost.
        var command = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Nexus.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name, "nexus.dll"));
        return CommandResult.RunAsync("dotnet", [command, .. args, "--address", Api.BaseAddress!.ToString()], cancellationToken);
    }

    /// <summary>Applies a spec as a user would.</summary>
    public async Task ApplyAsync(string spec, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"nexus-e2e-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, spec, cancellationToken);
        try
        {
            var applied = await NexusAsync(cancellationToken, "apply", file, "--prune");
            Assert.True(applied.ExitCode == 0, applied.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Gateway.Dispose();
        GatewayAdmin.Dispose();
        Api.Dispose();
        Worker.Dispose();
        Consul.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>What the sample says of itself.</summary>
internal sealed record WhoAmI(string Allocation, string Pool, string Node, string Hostname, int Pid, string Version);
