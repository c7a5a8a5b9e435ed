using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests.Programs;

/// <summary>A manager, a gateway and a worker of the published ARM64 programs around a real Consul, each on a port of its own.</summary>
internal sealed class ArmCluster : IAsyncDisposable
{
    private readonly PublishedPrograms _programs;
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-arm-").FullName;
    private readonly Dictionary<string, ServerProcess> _processes = new(StringComparer.Ordinal);
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConsulServer _consul;

    private ArmCluster(PublishedPrograms programs, ConsulServer consul) => (_programs, _consul) = (programs, consul);

    private Uri Api { get; } = Loopback();

    private Uri Admin { get; } = Loopback();

    private Uri Worker { get; } = Loopback();

    /// <summary>Where traffic comes in.</summary>
    public Uri Traffic { get; } = Loopback();

    /// <summary>Starts all three at once.</summary>
    public static async Task<ArmCluster> StartAsync(PublishedPrograms programs, CancellationToken cancellationToken)
    {
        var cluster = new ArmCluster(programs, await ConsulServer.StartAsync(cancellationToken));
        cluster.Start("Nexus.Orchestrator", cluster.Api, new() { ["Orchestrator__Name"] = "arm-manager" });
        cluster.Start("Nexus.Gateway", cluster.Traffic, new()
        {
            ["Gateway__Name"] = "arm-gateway",
            ["Gateway__AdminUrl"] = cluster.Admin.ToString(),
            ["Gateway__StateDirectory"] = Path.Combine(cluster._folder, "gateway"),
        });
        cluster.Start("Nexus.WorkerAgent", cluster.Worker, new()
        {
            ["Worker__Name"] = "arm-worker",
            ["Worker__Runtime"] = "Process",
            ["Worker__StateDirectory"] = Path.Combine(cluster._folder, "worker"),
            ["Worker__StopWorkloadsOnExit"] = "true",
        });
        return cluster;
    }

    /// <summary>Waits until the manager's /health answers 200; returns what it says.</summary>
    public Task<string> ManagerHealthAsync(CancellationToken cancellationToken) => HealthAsync("Nexus.Orchestrator", Api, cancellationToken);

    /// <summary>Waits until the agent's /health answers 200; returns what it says.</summary>
    public Task<string> WorkerHealthAsync(CancellationToken cancellationToken) => HealthAsync("Nexus.WorkerAgent", Worker, cancellationToken);

    /// <summary>Waits until the gateway's /health answers 200, for which it needs a routing; returns what it says.</summary>
    public Task<string> GatewayHealthAsync(CancellationToken cancellationToken) => HealthAsync("Nexus.Gateway", Admin, cancellationToken);

    /// <summary>Applies a spec with the published command.</summary>
    public async Task ApplyAsync(string spec, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_folder, "nexus.yaml");
        await File.WriteAllTextAsync(file, spec, cancellationToken);
        await ArmProgram.RunAsync(
            Path.Combine(_programs.Folder, "nexus"), ["apply", file, "--address", Api.ToString()], cancellationToken);
    }

    /// <summary>Waits until an address answers 200; returns the body.</summary>
    public Task<string> AnswerAsync(Uri address, CancellationToken cancellationToken) => Until.AnswersAsync(
        _client, address, () => _processes.Values.Any(process => process.HasExited), OutputAsync, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // The agent first, in good order: it takes its workloads along.
        await StopAsync(_processes["Nexus.WorkerAgent"]);
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }

        await _consul.DisposeAsync();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task StopAsync(ServerProcess process)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        if (!process.HasExited)
        {
            await Command.RunAsync("kill", ["-TERM", $"{process.Pid}"], limit.Token);
        }

        while (!process.HasExited && !limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private static Uri Loopback() => new($"http://127.0.0.1:{FreePort.Next()}");

    private void Start(string program, Uri address, Dictionary<string, string> environment)
    {
        environment["ASPNETCORE_URLS"] = address.ToString();
        environment["Consul__Address"] = _consul.Address.ToString();
        _processes[program] = ArmProgram.Start(Path.Combine(_programs.Folder, program), environment);
    }

    private Task<string> HealthAsync(string program, Uri address, CancellationToken cancellationToken) => Until.AnswersAsync(
        _client, new Uri(address, "health"), () => _processes[program].HasExited, OutputAsync, cancellationToken);

    private Task<string> OutputAsync() => Task.FromResult(string.Concat(
        _processes.Select(process => $"--- {process.Key}{Environment.NewLine}{process.Value.Output}{Environment.NewLine}")));
}
