using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>A replica down to its bytes: what it does on each connection is up to the test.</summary>
internal sealed class RawReplica : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<Task, Socket> _connections = new();
    private Func<RawConnection, Task> _serve;
    private readonly Task _accepting;
    private volatile int _begun;

    public RawReplica(Func<RawConnection, Task>? serve = null)
    {
        _serve = serve ?? Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The requests read so far.</summary>
    public ConcurrentQueue<WireMessage> Requests { get; private set; } = new();

    /// <summary>Gives the same answer to every request, once it was read whole.</summary>
    public static Func<RawConnection, Task> Answer(string answer, bool thenCloses = false) => async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.SendAsync(answer);
            if (thenCloses)
            {
                return;
            }
        }
    };

    /// <summary>Closes every connection, and does something else on each from now on.</summary>
    public void Begin(Func<RawConnection, Task> serve)
    {
        _serve = serve;
        Requests = new ConcurrentQueue<WireMessage>(); // Connections that are ending still write to the one before.
        Interlocked.Increment(ref _begun);
        foreach (var socket in _connections.Values)
        {
            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_ending.Token);
            var begun = _begun;
            var task = ServeAsync(socket);
            _connections.TryAdd(task, socket);
            if (begun != _begun)
            {
                socket.Dispose(); // Accepted for the test before, too late for it to be closed with the others.
            }

            _ = task.ContinueWith(t => _connections.TryRemove(t, out Socket? _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var own = socket;
        socket.NoDelay = true;
        try
        {
            await _serve(new RawConnection(socket, Requests, _ending.Token));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side went first, or the test is over.
        }
    }
}

/// <summary>One connection at a replica.</summary>
internal sealed class RawConnection(Socket socket, ConcurrentQueue<WireMessage> requests, CancellationToken ending)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _pending = [];

    public CancellationToken Ending => ending;

    /// <summary>Reads one whole request; null when the connection ends before it does.</summary>
    public async Task<WireMessage?> ReadRequestAsync()
    {
        while (true)
        {
            var request = WireParser.Request(_pending);
            if (request.Verdict != Verdict.Incomplete)
            {
                requests.Enqueue(request);
                _pending = _pending[request.Length..];
                return request;
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Reads the head of a request and leaves its body unread, as far as it did not come along.</summary>
    /// <param name="counts">Whether it is one of the replica's requests by itself.</param>
    public async Task<WireMessage?> ReadHeadAsync(bool counts = true)
    {
        while (true)
        {
            var request = WireParser.Request(_pending);
            if (request.HasHead)
            {
                if (counts)
                {
                    requests.Enqueue(request);
                }

                return request;
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Waits for the first bytes of what comes next; false at the end.</summary>
    public async Task<bool> WaitForBytesAsync() => _pending.Length > 0 || await FillAsync();

    /// <summary>The head of what comes next, which is still to be read, or that it is none; null when the connection ends before it does.</summary>
    public async Task<WireMessage?> PeekHeadAsync()
    {
        while (true)
        {
            var request = WireParser.Request(_pending);
            if (request.HasHead || request.Verdict == Verdict.Invalid)
            {
                return request;
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Reads some bytes and forgets them; false at the end.</summary>
    public async Task<bool> SkipAsync() => await socket.ReceiveAsync(_buffer, ending) > 0;

    /// <summary>Reads the rest of the request whose head was read, as a server does that keeps its connection, and forgets it; false when
    /// the connection ends before.</summary>
    public async Task<bool> SkipRequestAsync()
    {
        while (true)
        {
            var request = WireParser.Request(_pending);
            if (request.Verdict != Verdict.Incomplete)
            {
                _pending = _pending[request.Length..];
                return true;
            }

            if (!await FillAsync())
            {
                return false;
            }
        }
    }

    /// <summary>Sends back what comes, to the end.</summary>
    public async Task EchoAsync()
    {
        for (int read; (read = await socket.ReceiveAsync(_buffer, ending)) > 0;)
        {
            await SendAsync(_buffer.AsMemory(0, read));
        }
    }

    /// <summary>Reads the body of the request whose head was read, however large, and returns its SHA-256.</summary>
    public async Task<string> HashBodyAsync()
    {
        var head = WireParser.Request(_pending);
        var end = Encoding.Latin1.GetString(_pending).IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var rest = new RestOfConnection(_pending[end..], socket, ending);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (head["Content-Length"] is { } length)
        {
            await AppendAsync(long.Parse(length));
            return Convert.ToHexString(hash.GetHashAndReset());
        }

        while (Convert.ToInt64((await rest.ReadLineAsync()).Split(';')[0], 16) is var size and > 0)
        {
            await AppendAsync(size);
            await rest.ReadLineAsync();
        }

        return Convert.ToHexString(hash.GetHashAndReset());

        async Task AppendAsync(long left)
        {
            for (int read; left > 0; left -= read)
            {
                read = await rest.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(left, _buffer.Length)));
                hash.AppendData(_buffer, 0, read);
            }
        }
    }

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, ending)..];
        }
    }

    /// <summary>Reads nothing and keeps the connection.</summary>
    public Task HoldAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ending);

    /// <summary>Closes the connection; with a reset where something was not read.</summary>
    public void Close() => socket.Dispose();

    /// <summary>Breaks the connection with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    private async Task<bool> FillAsync()
    {
        var read = await socket.ReceiveAsync(_buffer, ending);
        _pending = [.. _pending, .. _buffer.AsSpan(0, read)];
        return read > 0;
    }
}

/// <summary>What was received already, and then the rest.</summary>
internal sealed class RestOfConnection(byte[] first, Socket socket, CancellationToken ending)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private ReadOnlyMemory<byte> _left = first;

    /// <summary>Some bytes; throws at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        if (_left.Length == 0)
        {
            var read = await socket.ReceiveAsync(_buffer, ending);
            _left = read > 0 ? _buffer.AsMemory(0, read) : throw new SocketException((int)SocketError.ConnectionReset);
        }

        var count = Math.Min(into.Length, _left.Length);
        _left[..count].CopyTo(into);
        _left = _left[count..];
        return count;
    }

    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await ReadAsync(one) == 1 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd('\r');
    }
}
