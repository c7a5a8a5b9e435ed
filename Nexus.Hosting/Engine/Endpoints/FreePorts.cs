using System.Net;
using System.Net.Sockets;

namespace Nexus.Hosting.Engine.Endpoints;

/// <summary>
/// Finds ports that nobody listens on. They come from below the range that systems take the ports of outgoing connections
/// from, so that none is taken between the choice and the resource's own listening.
/// </summary>
internal sealed class FreePorts(Random chance)
{
    private const int First = 15_000;
    private const int Last = 31_999;

    // Shared by all applications of this process: tests run several side by side.
    private static readonly HashSet<int> Taken = [];
    private static readonly Lock Gate = new();

    public int Next()
    {
        lock (Gate)
        {
            for (var attempt = 0; attempt < Last - First; attempt++)
            {
                var port = chance.Next(First, Last + 1);
                if (!Taken.Contains(port) && IsFree(port, IPAddress.Any))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"No port from {First} to {Last} is free.");
    }

    /// <summary>Whether a listener can be opened on the port.</summary>
    public static bool IsFree(int port, IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether a resource can listen on the port at the host it was declared with.</summary>
    public static bool IsFree(int port, string targetHost) => IsFree(
        port, targetHost is "localhost" ? IPAddress.Loopback : IPAddress.TryParse(targetHost, out var address) ? address : IPAddress.Any);
}
