using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Nexus.Bench.Swarm;

/// <summary>
/// Stands in for Swarm's routing mesh, which needs IPVS: connections go round-robin to the backends. Kinder than IPVS, it takes
/// the next backend when one refuses, so that a failed request is never the stand-in's doing.
/// </summary>
internal sealed class Layer4Proxy : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMilliseconds(500);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _left = new(StringComparer.Ordinal);
    private readonly Task _accepting;
    private IReadOnlyList<Backend> _backends = [];
    private int _turn;

    public Layer4Proxy()
    {
        _listener.Start(1024);
        _accepting = AcceptAsync(_stop.Token);
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Where connections go from now on; those that exist stay.</summary>
    public IReadOnlyList<Backend> Backends
    {
        get => Volatile.Read(ref _backends);
        set
        {
            var before = Interlocked.Exchange(ref _backends, value);
            foreach (var gone in before.Except(value))
            {
                _left[gone.Container] = TimeProvider.System.GetUtcNow();
            }
        }
    }

    /// <summary>Since when a container gets no more connections; null if it still does.</summary>
    public DateTimeOffset? LeftAt(string container) =>
        _left.TryGetValue(container, out var at) && Backends.All(b => b.Container != container) ? at : null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(cancellationToken);

                // Ends with its connection, and every error with it.
                _ = ServeAsync(client, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using (client)
        {
            client.NoDelay = true;
            using var upstream = await ConnectAsync(cancellationToken);
            if (upstream is null)
            {
                return;
            }

            // Either side's end is the end of both: that is what HTTP clients and servers do, too.
            await Task.WhenAny(CopyAsync(client, upstream, cancellationToken), CopyAsync(upstream, client, cancellationToken));
        }
    }

    private async Task<Socket?> ConnectAsync(CancellationToken cancellationToken)
    {
        var backends = Backends;
        for (var i = 0; i < backends.Count; i++)
        {
            var backend = backends[(int)((uint)Interlocked.Increment(ref _turn) % (uint)backends.Count)];
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ConnectTimeout);
            try
            {
                await socket.ConnectAsync(backend.Address, limit.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two has gone.
        }
    }
}

/// <summary>A container that takes connections.</summary>
/// <param name="Container">Its id.</param>
/// <param name="Address">Where.</param>
internal sealed record Backend(string Container, IPEndPoint Address);
