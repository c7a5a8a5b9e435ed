using System.Net;
using System.Net.Sockets;

namespace Nexus.Gateway.Forwarding;

/// <summary>Opens a connection to a replica, and tells a replica that is not there from a gateway that has no time to look.</summary>
internal static class ReplicaConnector
{
    /// <summary>Connects within <paramref name="timeout"/>.</summary>
    /// <remarks>
    /// The system makes the connection by itself. When a gateway is short of CPU, the timeout may run out before anybody here has seen that the
    /// connection was made; then the replica is not to blame, and to connect to another one is more work for who has too much already.
    /// </remarks>
    /// <exception cref="SocketException">Refused, or not made in time.</exception>
    public static async Task<Socket> ConnectAsync(EndPoint replica, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var connecting = socket.ConnectAsync(replica, cancellationToken).AsTask();
            try
            {
                await connecting.WaitAsync(timeout, time, cancellationToken);
            }
            catch (TimeoutException) when (IsConnected(socket))
            {
                await connecting;
            }
            catch (TimeoutException)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsConnected(Socket socket) =>
        socket.Poll(0, SelectMode.SelectWrite) && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0;
}
