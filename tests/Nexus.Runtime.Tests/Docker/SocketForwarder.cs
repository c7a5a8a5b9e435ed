using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Nexus.Runtime.Tests.Docker;

/// <summary>A socket of our own before the engine's, to take the engine away without taking it from others.</summary>
internal sealed class SocketForwarder(string path) : IAsyncDisposable
{
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly ConcurrentBag<Task> _pumps = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    public void Open()
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _accepting = AcceptAsync(_listener);
    }

    public async Task CloseAsync()
    {
        _listener?.Dispose();
        File.Delete(path);
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_sockets.TryTake(out var socket))
        {
            socket.Dispose();
        }

        await Task.WhenAll(_pumps).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            var client = await listener.AcceptAsync();
            var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _sockets.Add(client);
            _sockets.Add(engine);
            await engine.ConnectAsync(new UnixDomainSocketEndPoint("/var/run/docker.sock"));
            _pumps.Add(PumpAsync(client, engine));
            _pumps.Add(PumpAsync(engine, client));
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            await to.SendAsync(buffer.AsMemory(0, count));
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
