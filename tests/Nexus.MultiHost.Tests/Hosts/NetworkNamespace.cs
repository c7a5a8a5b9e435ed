using System.Net.Sockets;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>The network of one host. A socket belongs to the namespace it was made in, so this process reaches into all of them.</summary>
internal sealed class NetworkNamespace(string name)
{
    /// <summary>Before the name of every namespace of these tests: what bears it and is not ours is left of a crashed run.</summary>
    public const string Prefix = "nxmh-";

    public string Name { get; } = name;

    public string Path => System.IO.Path.Combine("/run/netns", Name);

    public static async Task<NetworkNamespace> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var network = new NetworkNamespace(Prefix + name);
        await Command.RunAsync($"ip netns add {network.Name}", cancellationToken);
        await network.IpAsync("link set lo up", cancellationToken);
        return network;
    }

    /// <summary>Runs the <c>ip</c> command inside.</summary>
    public Task IpAsync(string arguments, CancellationToken cancellationToken) =>
        Command.RunAsync($"ip -n {Name} {arguments}", cancellationToken);

    /// <summary>A client whose connections are made from inside; connecting fails after a second.</summary>
    public HttpClient CreateClient(string address) => new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        UseProxy = false,
    })
    {
        BaseAddress = new Uri(address),
        Timeout = TimeSpan.FromSeconds(30),
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = OpenSocket();
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Nothing is awaited between the two moves: they hold for the calling thread only.
    private Socket OpenSocket()
    {
        using var own = File.OpenHandle("/proc/thread-self/ns/net", share: FileShare.ReadWrite | FileShare.Delete);
        using var inside = File.OpenHandle(Path, share: FileShare.ReadWrite | FileShare.Delete);
        LinuxCalls.EnterNetwork(inside);
        try
        {
            return new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        }
        finally
        {
            LinuxCalls.EnterNetwork(own);
        }
    }
}
