using System.Net;
using System.Net.Sockets;

namespace Nexus.Consul;

/// <summary>Connection pools. Consul resets the 201st connection of one source address unless told otherwise.</summary>
internal static class ConsulSockets
{
    public static SocketsHttpHandler ForShortCalls(TimeSpan connectTimeout)
    {
        var handler = Create(connectTimeout);
        handler.MaxConnectionsPerServer = 32;
        return handler;
    }

    /// <summary>Without a cap, since a queued watch would be blind; and untraced, since its length means nothing.</summary>
    public static SocketsHttpHandler ForWaitingReads(TimeSpan connectTimeout)
    {
        var handler = Create(connectTimeout);
        handler.ActivityHeadersPropagator = null;
        return handler;
    }

    private static SocketsHttpHandler Create(TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ConnectCallback = ConnectAsync,
    };

    // Keep-alive finds a machine that vanished without a word while a read waits.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
