namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>A worker machine: a Docker Engine, a Consul client agent and a worker agent.</summary>
internal sealed class Worker(Host host, string server, bool userlandProxy = true) : IAsyncDisposable
{
    private const string Image = "nexus/light:local";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    public Host Host => host;

    public string Name => host.Name;

    public HostProgram? Consul { get; private set; }

    public HostProgram? Agent { get; private set; }

    private string Engine => $"unix://{Path.Combine(host.Folder, "docker.sock")}";

    /// <summary>Starts all three, and gives the engine the image that the machine's own has.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        host.Start("dockerd", "dockerd",
        [
            "--data-root", Path.Combine(host.Folder, "data"), "--exec-root", Path.Combine(host.Folder, "exec"),
            "--pidfile", Path.Combine(host.Folder, "dockerd.pid"), "--host", Engine, $"--userland-proxy={(userlandProxy ? "true" : "false")}",
        ]);
        StartConsul();
        await Until.HoldsAsync(
            async () => (await Command.RunAsync($"docker -H {Engine} version --format {{{{.Server.Version}}}}", cancellationToken)).Length > 0,
            StartLimit, $"the engine of {Name} answers", () => Task.FromResult(host.LastLines), cancellationToken);
        await Command.ShellAsync($"docker save {Image} | docker -H {Engine} load", cancellationToken);
        StartAgent();
    }

    public void StartConsul() => Consul = host.StartConsul(server);

    public void StartAgent() => Agent = host.StartService("Nexus.WorkerAgent", new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_URLS"] = "http://0.0.0.0:8430",
        ["Worker__Name"] = Name,
        ["Worker__Cluster"] = "multihost",
        ["Worker__Address"] = host.Address,
        ["Worker__Runtime"] = "docker",
        ["Worker__DockerEndpoint"] = Engine,
        ["Worker__StateDirectory"] = Path.Combine(host.Folder, "agent"),
    });

    /// <summary>Ids of the containers that run here, asked of the engine itself: true also while nobody else reaches the machine.</summary>
    public async Task<string[]> ContainersAsync(CancellationToken cancellationToken) =>
    [
        .. (await Command.RunAsync($"docker -H {Engine} ps -q", cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
    ];

    /// <summary>How many containers this engine has started within the last hour.</summary>
    public async Task<int> StartsAsync(CancellationToken cancellationToken) => (await Command.ShellAsync(
        $"docker -H {Engine} events --since 1h --until $(date +%s.%N) --filter event=start --format {{{{.ID}}}} | sort -u", cancellationToken))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    public async ValueTask DisposeAsync() => await host.DisposeAsync();
}
