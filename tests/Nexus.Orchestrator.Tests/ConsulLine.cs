using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexus.Orchestrator.Tests;

/// <summary>The line between one manager and Consul: can be cut without either end noticing, and can hold back a transaction.</summary>
internal sealed class ConsulLine : IAsyncDisposable
{
    private const string Transaction = "PUT /v1/txn "; // one that only reads has a query
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _pumps = [];
    private readonly Uri _consul;
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _cut;
    private volatile Held? _held;

    public ConsulLine(Uri consul)
    {
        _consul = consul;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>From now on nothing passes either way, and no connection breaks.</summary>
    public void Cut() => _cut = NewSignal();

    /// <summary>What was held up passes, and all that follows.</summary>
    public void Heal()
    {
        var cut = _cut;
        _cut = null;
        cut?.SetResult();
    }

    /// <summary>The next transaction that writes stays on the line until it is let go.</summary>
    public Held HoldNextTransaction() => _held = new Held();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_pumps).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_end.Token);
            _pumps.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            await server.ConnectAsync(_consul.Host, _consul.Port, _end.Token);
            using var line = new Line();
            var up = PumpAsync(client.GetStream(), server.GetStream(), line, isUp: true);
            var down = PumpAsync(server.GetStream(), client.GetStream(), line, isUp: false);
            await Task.WhenAny(up, down);
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Line line, bool isUp)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            while (_cut is { } cut)
            {
                await cut.Task.WaitAsync(_end.Token);
            }

            var text = Encoding.ASCII.GetString(buffer, 0, read);
            if (isUp && _held is { } held && text.Contains(Transaction, StringComparison.Ordinal))
            {
                _held = null;
                line.Held = held;
                held.Arrived.SetResult();
                await held.LetGo.Task.WaitAsync(_end.Token);
            }
            else if (!isUp && line.Held is { } answered && text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
            {
                line.Held = null;
                answered.Status.SetResult(int.Parse(text.AsSpan(9, 3)));
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }

    /// <summary>A transaction on its way.</summary>
    public sealed class Held
    {
        public TaskCompletionSource Arrived { get; } = NewSignal();

        public TaskCompletionSource LetGo { get; } = NewSignal();

        /// <summary>What Consul answered to it.</summary>
        public TaskCompletionSource<int> Status { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Line : IDisposable
    {
        public volatile Held? Held;

        public void Dispose() => Held = null;
    }
}
