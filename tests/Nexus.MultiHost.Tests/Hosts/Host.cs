using Nexus.Testing;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>One machine: a network of its own on the common switch, a folder, and the programs that run there.</summary>
internal sealed class Host(string name, string address, NetworkNamespace network, NetworkNamespace bridge) : IAsyncDisposable
{
    // Between hosts of one machine a peer that is silent for a second is dead; the same profile as the local cluster's.
    private const string FastGossip =
        "gossip_lan { probe_interval = \"300ms\" probe_timeout = \"150ms\" gossip_interval = \"60ms\" suspicion_mult = 2 }";

    private readonly List<HostProgram> _programs = [];

    public string Name => name;

    public string Address => address;

    public NetworkNamespace Network => network;

    /// <summary>The folder of what its programs keep.</summary>
    public string Folder { get; } = Path.Combine(Leftovers.Root, name);

    /// <summary>The ends of all outputs, for a message.</summary>
    public string LastLines => string.Concat(_programs.DistinctBy(p => p.Log).Select(p => p.LastLines()));

    /// <summary>Plugs a new machine into the switch.</summary>
    public static async Task<Host> CreateAsync(string name, string address, NetworkNamespace bridge, CancellationToken cancellationToken)
    {
        var network = await NetworkNamespace.CreateAsync(name, cancellationToken);
        await Command.RunAsync(
            $"ip link add eth0 netns {network.Name} type veth peer name v-{name} netns {bridge.Name}", cancellationToken);
        await bridge.IpAsync($"link set v-{name} master br0 up", cancellationToken);
        await network.IpAsync($"addr add {address}/24 dev eth0", cancellationToken);
        await network.IpAsync("link set eth0 up", cancellationToken);
        var host = new Host(name, address, network, bridge);
        Directory.CreateDirectory(host.Folder);
        return host;
    }

    /// <summary>Pulls the cable: to the rest of the world this machine is gone, itself it runs on.</summary>
    public Task UnplugAsync(CancellationToken cancellationToken) => bridge.IpAsync($"link set v-{name} down", cancellationToken);

    /// <summary>Puts the cable back.</summary>
    public Task PlugInAsync(CancellationToken cancellationToken) => bridge.IpAsync($"link set v-{name} up", cancellationToken);

    /// <summary>Starts a program here; its output is kept also after the run, under artifacts/multihost.</summary>
    public HostProgram Start(
        string label, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var logs = Directory.CreateDirectory(Path.Combine(RepositoryRoot.Path, "artifacts", "multihost"));
        var started = HostProgram.Start(network, Path.Combine(logs.FullName, $"{name}-{label}.log"), program, arguments, environment);
        _programs.Add(started);
        return started;
    }

    /// <summary>Starts one of our services as it was built with these tests.</summary>
    public HostProgram StartService(string project, Dictionary<string, string> environment)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.Parent!.Parent!.FullName, project, output.Name, project + ".dll");
        environment["Consul__Address"] = "http://127.0.0.1:8500";
        environment["Logging__Console__FormatterName"] = "simple";
        environment["Logging__Console__FormatterOptions__SingleLine"] = "true";
        return Start(project["Nexus.".Length..].ToLowerInvariant(), "dotnet", [program], environment);
    }

    /// <summary>Starts a Consul agent: the server, or a client of it.</summary>
    /// <param name="server">Address of the server; null makes this one it.</param>
    public HostProgram StartConsul(string? server) => Start("consul", ConsulBinary.Path,
    [
        "agent", $"-node={name}", $"-data-dir={Path.Combine(Folder, "consul")}", $"-bind={address}", "-client=127.0.0.1", "-log-level=info",
        "-dns-port=-1", "-retry-interval=1s",
        .. server is null
            ? (string[])["-server", "-bootstrap-expect=1", "-serf-wan-port=-1", "-hcl", "performance { raft_multiplier = 1 }"]
            : [$"-retry-join={server}"],
        "-hcl", "leave_on_terminate = false",
        "-hcl", "limits { http_max_conns_per_client = 1000 }",
        "-hcl", FastGossip,
    ]);

    public async ValueTask DisposeAsync()
    {
        // Services before what they lean on.
        foreach (var program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }
    }
}
