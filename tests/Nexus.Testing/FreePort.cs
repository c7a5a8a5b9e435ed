using System.Net;
using System.Net.Sockets;

namespace Nexus.Testing;

/// <summary>Loopback ports nobody uses now. Another program may still take one first: whoever starts a server retries.</summary>
public static class FreePort
{
    private static readonly HashSet<int> Given = [];
    private static readonly Lock Gate = new();

    /// <summary>A port free for TCP and UDP, never given out twice by this process.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var attempt = 0; attempt < 100; attempt++)
            {
                using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                var port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
                if (IsFreeForUdp(port) && Given.Add(port))
                {
                    return port;
                }
            }
        }

        throw new InvalidOperationException("No free port was found in 100 attempts.");
    }

    private static bool IsFreeForUdp(int port)
    {
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
