using System.Text.Json.Nodes;
using Nexus.Bench.Reliability.Beds;

namespace Nexus.Bench.Swarm;

/// <summary>How Swarm is set up.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="StartFirst">Whether a new task serves before the old one stops.</param>
/// <param name="AllAtOnce">Whether all tasks are updated together.</param>
/// <param name="Monitor">How long an updated task is watched for failure.</param>
/// <param name="Rollback">Whether a failed update goes back.</param>
/// <param name="RestartDelay">Wait before a failed task is replaced.</param>
internal sealed record SwarmSettings(string Name, bool StartFirst, bool AllAtOnce, TimeSpan Monitor, bool Rollback, TimeSpan RestartDelay)
{
    /// <summary>What one gets without asking; the check aside, which has no default.</summary>
    public static SwarmSettings Defaults { get; } =
        new("Swarm, defaults", false, false, TimeSpan.FromSeconds(5), false, TimeSpan.FromSeconds(5));

    /// <summary>The best we found.</summary>
    public static SwarmSettings Tuned { get; } = new("Swarm, tuned", true, true, TimeSpan.FromSeconds(1), true, TimeSpan.Zero);
}

/// <summary>The local engine as a swarm of one node, with one service behind the stand-in for the routing mesh.</summary>
internal sealed class SwarmBed : IBed
{
    private const string Service = "nexus-bench";
    private const string NameField = "Name"; // Of the document, not of this class.
    private readonly EngineApi _engine;
    private readonly Layer4Proxy _proxy = new();
    private readonly MeshFeed _feed;
    private readonly SwarmSettings _settings;
    private string _id = "";
    private long _applied;

    private SwarmBed(EngineApi engine, SwarmSettings settings)
    {
        _engine = engine;
        _settings = settings;
        _feed = new MeshFeed(engine, _proxy, Service);
    }

    public string Name => _settings.Name;

    public Uri Url => _proxy.Url;

    /// <summary>Makes the engine a swarm; false settings of an earlier run are told, not overwritten.</summary>
    public static async Task<SwarmBed> StartAsync(SwarmSettings settings, CancellationToken cancellationToken)
    {
        var engine = new EngineApi();
        var state = (string)(await engine.GetAsync("info", cancellationToken))["Swarm"]!["LocalNodeState"]!;
        if (state != "inactive")
        {
            throw new InvalidOperationException(
                $"The engine is already part of a swarm ({state}). If that is left of an earlier bench: docker swarm leave --force");
        }

        await engine.PostAsync(
            "swarm/init", new JsonObject { ["ListenAddr"] = "127.0.0.1:2377", ["AdvertiseAddr"] = "127.0.0.1" }, cancellationToken);
        var bed = new SwarmBed(engine, settings);
        try
        {
            bed._id = (string)(await engine.PostAsync("services/create", bed.Spec(3, "local"), cancellationToken))!["ID"]!;
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    public Task<IReadOnlySet<string>> RoutedAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<string>>(_proxy.Backends.Select(b => b.Container).ToHashSet(StringComparer.Ordinal));

    public Task<DateTimeOffset?> OutSinceAsync(string replica, CancellationToken cancellationToken) => Task.FromResult(_proxy.LeftAt(replica));

    public async Task<int> ContainersAsync(CancellationToken cancellationToken) =>
        (await _engine.GetAsync(
            $"containers/json?{EngineApi.Filter(("label", [$"com.docker.swarm.service.name={Service}"]))}", cancellationToken)).AsArray().Count;

    public Task<string> ContainerOfAsync(string replica, CancellationToken cancellationToken) => Task.FromResult(replica);

    public async Task ApplyAsync(int replicas, string tag, CancellationToken cancellationToken)
    {
        var version = (long)(await _engine.GetAsync($"services/{_id}", cancellationToken))["Version"]!["Index"]!;
        await _engine.PostAsync($"services/{_id}/update?version={version}", Spec(replicas, tag), cancellationToken);
        _applied++;
    }

    public async Task<Deploy> DeployAsync(CancellationToken cancellationToken)
    {
        var status = (await _engine.GetAsync($"services/{_id}", cancellationToken))["UpdateStatus"];
        var state = (string?)status?["State"] switch
        {
            "updating" => DeployState.Running,
            "rollback_started" => DeployState.GoingBack,
            "rollback_completed" => DeployState.RolledBack,
            "paused" or "rollback_paused" => DeployState.Stuck,
            _ => DeployState.Done,
        };
        return new Deploy(_applied, state, (string?)status?["Message"] ?? "");
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        await _proxy.DisposeAsync();
        if (_id.Length > 0)
        {
            await _engine.DeleteAsync($"services/{_id}", CancellationToken.None);
        }

        // The tasks' containers go with the service; leaving earlier would strand them.
        while (await ContainersAsync(CancellationToken.None) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        await _engine.PostAsync("swarm/leave?force=true", new JsonObject(), CancellationToken.None);
        await _engine.DeleteAsync("networks/docker_gwbridge", CancellationToken.None);
        _engine.Dispose();
    }

    private JsonObject Spec(int replicas, string tag) => new()
    {
        [NameField] = Service,
        ["TaskTemplate"] = new JsonObject
        {
            ["ContainerSpec"] = new JsonObject
            {
                ["Image"] = $"nexus/light:{tag}",
                ["StopGracePeriod"] = Nanoseconds(TimeSpan.FromSeconds(5)),
                ["Healthcheck"] = new JsonObject
                {
                    ["Test"] = new JsonArray("CMD", "/web", "-probe"),
                    ["Interval"] = Nanoseconds(TimeSpan.FromSeconds(1)),
                    ["Timeout"] = Nanoseconds(TimeSpan.FromSeconds(1)),
                    ["Retries"] = 2,
                },
            },
            ["RestartPolicy"] = new JsonObject { ["Condition"] = "any", ["Delay"] = Nanoseconds(_settings.RestartDelay) },
        },
        ["Mode"] = new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = replicas } },
        ["UpdateConfig"] = Update(_settings.Rollback ? "rollback" : "pause"),
        ["RollbackConfig"] = Update("pause"),
    };

    private JsonObject Update(string onFailure) => new()
    {
        ["Parallelism"] = _settings.AllAtOnce ? 0 : 1,
        ["Monitor"] = Nanoseconds(_settings.Monitor),
        ["FailureAction"] = onFailure,
        ["MaxFailureRatio"] = 0,
        ["Order"] = _settings.StartFirst ? "start-first" : "stop-first",
    };

    private static long Nanoseconds(TimeSpan span) => (long)span.TotalNanoseconds;
}
