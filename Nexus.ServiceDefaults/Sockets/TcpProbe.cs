using System.Net.Sockets;

namespace Nexus.ServiceDefaults.Sockets;

/// <summary>
/// Tells a server that listens from a port proxy that accepts in its place. A proxy such as docker-proxy accepts every connection,
/// connects to the container afterwards and closes the accepted connection when that fails, so a connection proves a server only
/// when it is not closed at once.
/// </summary>
public static class TcpProbe
{
    /// <summary>How long a connection is watched: a refusal by a container of the same machine takes a proxy under a millisecond,
    /// a busy machine some tens.</summary>
    public static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Connects and closes again. False when the peer closed or reset the connection within <paramref name="watch"/> without
    /// having sent a byte; zero accepts every connection.
    /// </summary>
    /// <exception cref="SocketException">The connection was not made.</exception>
    public static async Task<bool> IsServedAsync(string host, int port, TimeSpan watch, TimeProvider time, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return watch <= TimeSpan.Zero; // accepted, and reset before this side was told
        }

        if (watch <= TimeSpan.Zero)
        {
            return true;
        }

        using var end = new CancellationTokenSource(watch, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            return await socket.ReceiveAsync(new byte[1].AsMemory(), SocketFlags.Peek, either.Token) > 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
