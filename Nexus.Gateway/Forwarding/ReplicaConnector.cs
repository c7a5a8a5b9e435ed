using System.Net;
using System.Net.Sockets;

namespace Nexus.Gateway.Forwarding;

/// <summary>Opens a connection to a replica, and tells a replica that is not there from a gateway that has no time to look.</summary>
internal static class ReplicaConnector
{
    /// <summary>How long a connection that seems to be made may take to be noticed here.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(5);

    /// <summary>Connects within <paramref name="timeout"/>.</summary>
    /// <remarks>
    /// The system makes the connection by itself. When a gateway is short of CPU, the timeout may pass before this process has seen that the
    /// connection was made. The replica is not to blame then, and a connection to another one would be still more work.
    /// </remarks>
    /// <exception cref="SocketException">Refused, or not made in time.</exception>
    public static async Task<Socket> ConnectAsync(EndPoint replica, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connecting = socket.ConnectAsync(replica, giveUp.Token).AsTask();
        try
        {
            if (!await EndsWithinAsync(timeout) && !(IsConnected(socket) && await EndsWithinAsync(Notice)))
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            await connecting;
            return socket;
        }
        catch
        {
            await giveUp.CancelAsync(); // Also while the name is being resolved.
            await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            socket.Dispose();
            throw;
        }

        async Task<bool> EndsWithinAsync(TimeSpan limit)
        {
            await connecting.WaitAsync(limit, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return connecting.IsCompleted;
        }
    }

    // A socket whose host's name is still being resolved seems to be connected, too.
    private static bool IsConnected(Socket socket) =>
        socket.Poll(0, SelectMode.SelectWrite) && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0;
}
