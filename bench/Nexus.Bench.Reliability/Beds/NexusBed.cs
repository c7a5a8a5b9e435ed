using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;

namespace Nexus.Bench.Reliability.Beds;

/// <summary>A Nexus cluster composed by the AppHost, on free ports, with the light image.</summary>
internal sealed class NexusBed : IBed
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly DistributedApplication _app;
    private readonly HttpClient _admin;
    private readonly SpecShape _shape;
    private string _pool = SpecShape.PoolOf("local");

    private NexusBed(DistributedApplication app, SpecShape shape, IReadOnlyList<Part> parts)
    {
        _app = app;
        _shape = shape;
        _admin = app.CreateHttpClient("gateway", "admin");
        Url = app.GetEndpoint("gateway", "http");
        Consul = app.CreateHttpClient("consul", "http");
        Parts = parts;
    }

    public string Name => "Nexus";

    public Uri Url { get; }

    /// <summary>Consul's API.</summary>
    public HttpClient Consul { get; }

    /// <summary>The processes of the cluster itself.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>The managers, in order.</summary>
    public IEnumerable<Part> Managers => Parts.Where(p => p.Variable == "Orchestrator__Name");

    /// <summary>Starts a cluster and waits until its three replicas serve.</summary>
    public static async Task<NexusBed> StartAsync(SpecShape shape, string[] options, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var file = Path.Combine(Path.GetTempPath(), $"nexus-bench-{Environment.ProcessId}.yaml");
        await File.WriteAllTextAsync(file, shape.Write(3, "local"), limit.Token);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_AppHost>(
            ["--spec", file, "--runtime", "docker", .. options], limit.Token);
        var app = await builder.BuildAsync(limit.Token);
        try
        {
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceAsync("pools", KnownResourceStates.TerminalStates, limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", limit.Token);
            return new NexusBed(app, shape, Part.ChildrenOf(Environment.ProcessId, app));
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            throw e is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new TimeoutException($"The cluster was not ready within {StartLimit.TotalSeconds:0} s.", e)
                : e;
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async Task<IReadOnlySet<string>> RoutedAsync(CancellationToken cancellationToken)
    {
        using var routes = await JsonDocument.ParseAsync(
            await _admin.GetStreamAsync("/routes", cancellationToken), default, cancellationToken);
        return routes.RootElement.GetProperty("pools").EnumerateArray().SelectMany(p => p.GetProperty("destinations").EnumerateArray())
            .Where(d => d.GetProperty("rotation").GetString() == "In" && !d.TryGetProperty("ejected", out _))
            .Select(d => $"{d.GetProperty("allocation").GetString()}:{d.GetProperty("attempt").GetInt32()}")
            .ToHashSet(StringComparer.Ordinal);
    }

    public async Task<DateTimeOffset?> OutSinceAsync(string replica, CancellationToken cancellationToken)
    {
        using var routes = await JsonDocument.ParseAsync(
            await _admin.GetStreamAsync("/routes", cancellationToken), default, cancellationToken);
        var last = routes.RootElement.GetProperty("changes").EnumerateArray()
            .LastOrDefault(c => $"{c.GetProperty("allocation").GetString()}:{c.GetProperty("attempt").GetInt32()}" == replica);
        return last.ValueKind == JsonValueKind.Object && !last.GetProperty("sends").GetBoolean()
            ? last.GetProperty("at").GetDateTimeOffset()
            : null;
    }

    // A standby that is not paused yet could not take over: it counts as one too many, so that the bed is not settled.
    public async Task<int> ContainersAsync(CancellationToken cancellationToken)
    {
        var states = (await Shell.RunAsync("docker", ["ps", "--format", "{{.Status}} {{.Names}}", "--filter", $"label=nexus.cluster={Label}"], cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var standbys = states.Count(s => s.Contains("(Paused)", StringComparison.Ordinal) || s.EndsWith(".paused", StringComparison.Ordinal));
        return standbys == _shape.WarmStandby ? states.Length - standbys : states.Length + 1;
    }

    public Task<string> ContainerOfAsync(string replica, CancellationToken cancellationToken)
    {
        var parts = replica.Split(':');
        return Shell.RunAsync(
            "docker",
            [
                "ps", "-q", "--filter", $"label=nexus.cluster={Label}", "--filter", $"label=nexus.allocation={parts[0]}",
                "--filter", $"label=nexus.attempt={parts[1]}",
            ],
            cancellationToken);
    }

    public async Task ApplyAsync(int replicas, string tag, CancellationToken cancellationToken)
    {
        _pool = SpecShape.PoolOf(tag);
        using var content = new StringContent(_shape.Write(replicas, tag), Encoding.UTF8, "application/yaml");
        using var _ = await AskManagersAsync(api => api.PutAsync(Routes.Spec, content, cancellationToken));
    }

    // Where it is decided: a manager that does not lead shows it up to a tenth of a second later.
    public async Task<Deploy> DeployAsync(CancellationToken cancellationToken)
    {
        var key = StateKeys.RolloutOf(new PoolName(_pool));
        var rollout = StateJson.Read(
            key, await Consul.GetByteArrayAsync($"v1/kv/{key}?raw", cancellationToken), StateJson.Default.RolloutRecord);
        var state = rollout.Phase switch
        {
            RolloutPhase.Stable => DeployState.Done,
            RolloutPhase.RollingBack => DeployState.GoingBack,
            RolloutPhase.RolledBack => DeployState.RolledBack,
            RolloutPhase.Failed => DeployState.Stuck,
            _ => DeployState.Running,
        };
        return new Deploy(rollout.Number, state, rollout.Reason);
    }

    /// <summary>The cluster as a manager that answers shows it.</summary>
    public async Task<StatusView> StatusAsync(CancellationToken cancellationToken)
    {
        using var answer = await AskManagersAsync(api => api.GetAsync(Routes.Status, cancellationToken));
        return (await answer.Content.ReadFromJsonAsync(ApiJson.Default.StatusView, cancellationToken))!;
    }

    /// <summary>Takes a node out of use or puts it back.</summary>
    public async Task DrainAsync(string node, bool draining, CancellationToken cancellationToken)
    {
        var command = new NodeEligibilityCommand(draining, "bench", "bench");
        using var _ = await AskManagersAsync(
            api => api.PutAsJsonAsync(Routes.NodeEligibilityOf(node), command, ApiJson.Default.NodeEligibilityCommand, cancellationToken));
    }

    /// <summary>Ids of the pool's containers.</summary>
    public async Task<HashSet<string>> ContainerIdsAsync(CancellationToken cancellationToken) =>
    [
        .. (await Shell.RunAsync("docker", ["ps", "-q", "--filter", $"label=nexus.cluster={Label}"], cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Parts)
        {
            part.Dispose();
        }

        _admin.Dispose();
        Consul.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private string Label => Parts.First(p => p.Variable == "Worker__Name").Process.Environment["Worker__Cluster"];

    /// <summary>Asks one manager after the other until one does it: any of them can, and some are dead on purpose.</summary>
    private async Task<HttpResponseMessage> AskManagersAsync(Func<HttpClient, Task<HttpResponseMessage>> ask)
    {
        HttpRequestException? last = null;
        foreach (var manager in Managers.Where(m => m.IsUp))
        {
            try
            {
                var answer = await ask(manager.Http!);
                if (answer.IsSuccessStatusCode)
                {
                    return answer;
                }

                last = new HttpRequestException($"{manager.Name} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                answer.Dispose();
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                last = new HttpRequestException($"{manager.Name}: {e.Message}", e);
            }
        }

        throw last ?? new HttpRequestException("No manager is up.");
    }
}

/// <summary>What the bench asks for.</summary>
/// <param name="WarmStandby">Paused replicas beside those that serve.</param>
/// <param name="HealthInterval">Time between probes.</param>
internal sealed record SpecShape(int WarmStandby, string HealthInterval)
{
    /// <summary>
    /// The document. A replica that is killed again and again is a crash loop by default; here it is the experiment. The deadline is
    /// short only where it is what is measured: a busy machine shall not fail the rest.
    /// </summary>
    public string Write(int replicas, string tag) => $$"""
        cluster: bench
        worker_pools:
          {{PoolOf(tag)}}:
            image: nexus/light:{{(tag is "late" or "never" or "renamed" ? "local" : tag)}}
            port: 8080
            min_replicas: {{replicas}}
            max_replicas: {{Math.Max(replicas, 50)}}
            {{(WarmStandby > 0 ? $"warm_standby: {WarmStandby}" : "")}}
            {{HealthOf(tag)}}
            restart: { initial_delay: 100ms, max_delay: 500ms, reset_after: 1s }
            rollout: { min_healthy_time: 1s, progress_deadline: {{(tag == "sick" ? "5s" : "1m")}}, max_surge: 3 }
            drain: { timeout: 5s, stop_timeout: 5s }
        """;
    /// <summary>What the pool is called.</summary>
    public static string PoolOf(string tag) => tag == "renamed" ? "web-renamed" : "web";

    // Without a type or a path it is the default check: a TCP connect.
    private string HealthOf(string tag) => tag switch
    {
        "late" => "env: { START_DELAY_MS: \"5000\" }",
        "never" => "env: { START_DELAY_MS: \"3600000\" }\n    health: { startup_timeout: 3s }",
        _ => $"health: {{ path: /health, interval: {HealthInterval}, timeout: {HealthInterval}, unhealthy_threshold: 2, startup_timeout: 10s }}",
    };
}
