using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Nexus.Runtime.Tests.Docker;

/// <summary>A socket of our own before the engine's, to take the engine away without taking it from others.</summary>
/// <param name="path">Where it is.</param>
/// <param name="swallows">What is asked for in a request that never reaches the engine; it and its connection get no answer.</param>
internal sealed class SocketForwarder(string path, Regex? swallows = null) : IAsyncDisposable
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
            _pumps.Add(PumpAsync(client, engine, swallows));
            _pumps.Add(PumpAsync(engine, client, null));
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Regex? swallows)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            if (swallows?.IsMatch(Encoding.ASCII.GetString(buffer, 0, count)) == true)
            {
                continue;
            }

            await to.SendAsync(buffer.AsMemory(0, count));
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
