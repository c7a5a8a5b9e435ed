using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>A server that reads a request's head and then does something no decent server does. Counts the requests it saw.</summary>
internal sealed class BreakingReplica : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<int, string?> _answer;
    private readonly Task _serving;
    private int _requests;

    /// <summary>Listens at once.</summary>
    /// <param name="answer">The whole answer to the n-th request, from 1; null breaks the connection instead.</param>
    public BreakingReplica(Func<int, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Requests => Volatile.Read(ref _requests);

    public void StopListening() => _listener.Stop();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(ServeAsync(await _listener.AcceptSocketAsync(_ending.Token)));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var own = socket;
        var buffer = new byte[64 * 1024];
        try
        {
            while (await ReadHeadAsync(socket, buffer))
            {
                if (_answer(Interlocked.Increment(ref _requests)) is not { } answer)
                {
                    return;
                }

                await socket.SendAsync(Encoding.ASCII.GetBytes(answer), _ending.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The other side went first.
        }
    }

    private async Task<bool> ReadHeadAsync(Socket socket, byte[] buffer)
    {
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), _ending.Token);
            if (read == 0)
            {
                return false;
            }

            length += read;
        }

        return true;
    }
}
