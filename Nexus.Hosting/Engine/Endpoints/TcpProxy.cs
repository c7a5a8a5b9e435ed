using System.Net;
using System.Net.Sockets;

namespace Nexus.Hosting.Engine.Endpoints;

/// <summary>
/// Spreads the connections to one public port over the replicas, in turn, passing over those that refuse.
/// Owns its listeners and connections: disposal closes them all.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly IReadOnlyList<int> _targets;
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _connections = [];
    private int _turn = -1;

    private TcpProxy(IReadOnlyList<int> targets) => _targets = targets;

    /// <summary>Listens, or throws when the port is taken.</summary>
    public static TcpProxy Start(int port, bool everyInterface, IReadOnlyList<int> targets)
    {
        var proxy = new TcpProxy(targets);
        proxy.Listen(new IPEndPoint(everyInterface ? IPAddress.Any : IPAddress.Loopback, port));
        if (Socket.OSSupportsIPv6)
        {
            try
            {
                proxy.Listen(new IPEndPoint(everyInterface ? IPAddress.IPv6Any : IPAddress.IPv6Loopback, port));
            }
            catch (SocketException)
            {
                // A machine may know IPv6 and have no address of it: localhost is then reached by IPv4 alone.
            }
        }

        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        await Task.WhenAll(_loops);
        Task[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open);
        _closing.Dispose();
    }

    private void Listen(IPEndPoint address)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                listener.DualMode = false;
            }

            listener.Bind(address);
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _listeners.Add(listener);
        _loops.Add(AcceptAsync(listener, _closing.Token));
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                continue;
            }

            Track(ServeAsync(client, cancellationToken));
        }
    }

    private void Track(Task connection)
    {
        lock (_gate)
        {
            _connections.RemoveWhere(done => done.IsCompleted);
            _connections.Add(connection);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using var front = client;
        try
        {
            using var back = await ConnectAsync(cancellationToken);
            if (back is null)
            {
                return;
            }

            client.NoDelay = true;
            back.NoDelay = true;
            await Task.WhenAll(PumpAsync(client, back, cancellationToken), PumpAsync(back, client, cancellationToken));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The end of a connection, whichever side it came from.
        }
    }

    private async Task<Socket?> ConnectAsync(CancellationToken cancellationToken)
    {
        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)_targets.Count);
        for (var i = 0; i < _targets.Count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _targets[(first + i) % _targets.Count]), cancellationToken);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)) > 0)
            {
                var sent = 0;
                while (sent < count)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, cancellationToken);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A reset on one side must not leave the other waiting.
            from.Close();
            to.Close();
        }
    }
}
