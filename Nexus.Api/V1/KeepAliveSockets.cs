using System.Net.Sockets;

namespace Nexus.Api.V1;

/// <summary>Connections for streams on which long silence is usual: a machine that went away closes nothing, keep-alives find out.</summary>
internal static class KeepAliveSockets
{
    private const int Probes = 3;

    /// <summary>Connects; a peer that vanished is noticed after <paramref name="quiet"/> and three unanswered probes.</summary>
    /// <param name="quiet">Silence before the first probe, whole seconds.</param>
    /// <param name="interval">Time between probes, whole seconds.</param>
    public static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> Connect(TimeSpan quiet, TimeSpan interval) =>
        async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)quiet.TotalSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)interval.TotalSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
}
