using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>A client down to its bytes.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _pending = [];

    public static async Task<RawClient> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return client;
    }

    /// <summary>Sends one request on a connection of its own and reads the answer.</summary>
    public static async Task<WireMessage> AskAsync(int port, string request, CancellationToken cancellationToken)
    {
        using var client = await ConnectAsync(port, cancellationToken);
        await client.SendAsync(Encoding.Latin1.GetBytes(request), cancellationToken);
        return await client.ReadAnswerAsync(request.Split(' ')[0], cancellationToken);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    /// <summary>Reads one answer; it is incomplete when the connection ends or breaks before it does.</summary>
    public async Task<WireMessage> ReadAnswerAsync(string method, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = WireParser.Response(_pending, method, ended: false);
            if (answer.Verdict != Verdict.Incomplete)
            {
                _pending = _pending[answer.Length..];
                return answer;
            }

            var read = 0;
            try
            {
                read = await _socket.ReceiveAsync(_buffer, cancellationToken);
            }
            catch (SocketException)
            {
                return answer;
            }

            if (read == 0)
            {
                answer = WireParser.Response(_pending, method, ended: true);
                _pending = _pending[answer.Length..];
                return answer;
            }

            _pending = [.. _pending, .. _buffer.AsSpan(0, read)];
        }
    }

    /// <summary>Waits for any bytes, or the end.</summary>
    public async Task WaitForBytesAsync(CancellationToken cancellationToken)
    {
        if (_pending.Length == 0)
        {
            _pending = _buffer[..await _socket.ReceiveAsync(_buffer, cancellationToken)];
        }
    }

    /// <summary>Sends no more, and still reads.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads one line, without its end.</summary>
    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        int feed;
        while ((feed = Array.IndexOf(_pending, (byte)'\n')) < 0)
        {
            var read = await _socket.ReceiveAsync(_buffer, cancellationToken);
            Assert.NotEqual(0, read);
            _pending = [.. _pending, .. _buffer.AsSpan(0, read)];
        }

        var line = Encoding.Latin1.GetString(_pending, 0, feed).TrimEnd('\r');
        _pending = _pending[(feed + 1)..];
        return line;
    }

    public void Dispose() => _socket.Dispose();
}
