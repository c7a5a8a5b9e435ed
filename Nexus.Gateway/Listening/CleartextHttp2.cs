using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Nexus.Gateway.Listening;

/// <summary>
/// Serves HTTP/2 without TLS beside HTTP/1.1 on one port: a client with prior knowledge begins with the connection preface of
/// RFC 9113, which is no valid HTTP/1.1 request. An Upgrade to h2c is not offered (RFC 9113 has removed it).
/// </summary>
internal sealed class CleartextHttp2(HandoverTransport transport, KestrelServerOptions kestrel, HashSet<int> tlsPorts, TimeProvider time)
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private enum Opening
    {
        Unknown,
        Http1,
        Http2,
        Closed,
    }

    /// <summary>What a connection goes through before its HTTP server.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => connection =>
        connection.LocalEndPoint is System.Net.IPEndPoint { Port: var port } && tlsPorts.Contains(port)
            ? next(connection) // ALPN decides there.
            : ServeAsync(connection, next);

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var opening = connection.Transport.Input.TryRead(out var ready)
            ? Examine(connection, ready.Buffer, ready.IsCompleted)
            : Opening.Unknown;
        if (opening == Opening.Unknown)
        {
            opening = await WaitAsync(connection);
        }

        await (opening switch
        {
            Opening.Http2 => transport.ServeAsync(connection),
            Opening.Closed => Task.CompletedTask,
            _ => next(connection),
        });
    }

    /// <summary>Waits for the first bytes, as long as Kestrel waits for a request; then Kestrel answers for itself.</summary>
    private async Task<Opening> WaitAsync(ConnectionContext connection)
    {
        using var patience = new CancellationTokenSource(kestrel.Limits.KeepAliveTimeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token,
            connection.ConnectionClosed,
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None);
        var isOpen = false;
        try
        {
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync(ending.Token);
                var opening = Examine(connection, read.Buffer, read.IsCompleted);
                if (opening != Opening.Unknown)
                {
                    return opening;
                }

                if (!isOpen)
                {
                    isOpen = true;
                    patience.CancelAfter(kestrel.Limits.RequestHeadersTimeout);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return isOpen && !connection.ConnectionClosed.IsCancellationRequested ? Opening.Http1 : Opening.Closed;
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            return Opening.Closed; // Reset by the client.
        }
    }

    /// <summary>Decides by the first bytes, and leaves them to be read again.</summary>
    private static Opening Examine(ConnectionContext connection, ReadOnlySequence<byte> buffer, bool isCompleted)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(first);
        var opening = !first[..length].SequenceEqual(Preface.AsSpan(0, length)) ? Opening.Http1
            : length == Preface.Length ? Opening.Http2
            : isCompleted ? Opening.Http1
            : Opening.Unknown;
        connection.Transport.Input.AdvanceTo(buffer.Start, opening == Opening.Unknown ? buffer.End : buffer.Start);
        return opening;
    }
}
