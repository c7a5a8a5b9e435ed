namespace Nexus.Bundle.Tests;

/// <summary>Machines that are network namespaces on one switch, which is a namespace too; they go with their test.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly string _id = "nb" + Guid.NewGuid().ToString("n")[..6];
    private readonly List<string> _made = [];
    private int _plugged;

    private string Switch => Of("s");

    /// <summary>Makes the switch and plugs machines in.</summary>
    public static async Task<Wire> CreateAsync(IEnumerable<(string Name, string Address)> machines, CancellationToken cancellationToken)
    {
        var wire = new Wire();
        await wire.AddAsync("s", cancellationToken);
        await IpAsync($"-n {wire.Switch} link add br0 type bridge", cancellationToken);
        await IpAsync($"-n {wire.Switch} link set br0 up", cancellationToken);
        foreach (var (name, address) in machines)
        {
            await wire.AddAsync(name, cancellationToken);
            await IpAsync($"link add eth0 netns {wire.Of(name)} type veth peer name v{wire._made.Count} netns {wire.Switch}", cancellationToken);
            await IpAsync($"-n {wire.Switch} link set v{wire._made.Count} master br0 up", cancellationToken);
            await IpAsync($"-n {wire.Of(name)} addr add {address}/24 dev eth0", cancellationToken);
            await IpAsync($"-n {wire.Of(name)} link set eth0 up", cancellationToken);
        }

        return wire;
    }

    /// <summary>Plugs in a machine that was booted elsewhere.</summary>
    /// <param name="leader">A process of it.</param>
    /// <param name="address">Its address on this wire.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PlugAsync(string leader, string address, CancellationToken cancellationToken)
    {
        var port = $"p{++_plugged}";
        await IpAsync($"-n {Switch} link add {port} type veth peer name eth0 netns {leader}", cancellationToken);
        await IpAsync($"-n {Switch} link set {port} master br0 up", cancellationToken);
        foreach (var line in (string[])[$"addr add {address}/24 dev eth0", "link set eth0 up"])
        {
            await Command.MustAsync("nsenter", [$"--target={leader}", "--net", "ip", .. line.Split(' ')], cancellationToken);
        }
    }

    /// <summary>The namespace of a machine.</summary>
    public string Of(string name) => _id + name;

    /// <summary>Puts a container behind a bridge of the machine, as Docker does.</summary>
    public async Task AddContainerAsync(string name, string machine, CancellationToken cancellationToken)
    {
        await AddAsync(name, cancellationToken);
        await IpAsync($"link add eth0 netns {Of(name)} type veth peer name docker0 netns {Of(machine)}", cancellationToken);
        await IpAsync($"-n {Of(machine)} addr add 172.17.0.1/16 dev docker0", cancellationToken);
        await IpAsync($"-n {Of(machine)} link set docker0 up", cancellationToken);
        await IpAsync($"-n {Of(name)} addr add 172.17.0.2/16 dev eth0", cancellationToken);
        await IpAsync($"-n {Of(name)} link set eth0 up", cancellationToken);
        await IpAsync($"-n {Of(name)} route add default via 172.17.0.1", cancellationToken);
        await RunAsync(machine, ["sysctl", "-qw", "net.ipv4.ip_forward=1"], cancellationToken);
    }

    /// <summary>Runs a command on a machine.</summary>
    public Task<CommandResult> TryAsync(string name, string[] command, CancellationToken cancellationToken) =>
        Command.RunAsync("nsenter", [$"--net=/run/netns/{Of(name)}", .. command], cancellationToken);

    /// <summary>Runs a command on a machine that has to succeed.</summary>
    public async Task<string> RunAsync(string name, string[] command, CancellationToken cancellationToken) =>
        (await TryAsync(name, command, cancellationToken)).Must(string.Join(' ', command));

    public async ValueTask DisposeAsync()
    {
        foreach (var name in Enumerable.Reverse(_made))
        {
            await Command.RunAsync("ip", ["netns", "delete", name], CancellationToken.None);
        }
    }

    private async Task AddAsync(string name, CancellationToken cancellationToken)
    {
        await IpAsync($"netns add {Of(name)}", cancellationToken);
        _made.Add(Of(name));
        await IpAsync($"-n {Of(name)} link set lo up", cancellationToken);
    }

    private static Task<string> IpAsync(string line, CancellationToken cancellationToken) => Command.MustAsync("ip", line.Split(' '), cancellationToken);
}
