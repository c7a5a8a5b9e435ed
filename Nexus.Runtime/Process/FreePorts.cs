using System.Net;
using System.Net.Sockets;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Process;

/// <summary>Finds ports that nothing listens on and that were not given out lately, for a workload may take a while to bind.</summary>
internal sealed class FreePorts(IPAddress address)
{
    private const int Remembered = 256;

    private readonly Lock _lock = new();
    private readonly Queue<int> _recent = new();

    /// <summary>That very port.</summary>
    /// <exception cref="WorkloadStartException">Something else listens on it.</exception>
    public int Require(int port, AllocationId allocation)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

        // As servers do: connections of a predecessor that still fade out do not matter.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return port;
        }
        catch (SocketException e)
        {
            throw new WorkloadStartException(
                $"{allocation} could not be started: its host_port {port} is taken on {address} ({e.Message}).", e);
        }
    }

    public int Take(IReadOnlySet<int> taken)
    {
        lock (_lock)
        {
            for (var attempt = 0; attempt < 2 * Remembered; attempt++)
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, 0));
                var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                if (taken.Contains(port) || _recent.Contains(port))
                {
                    continue;
                }

                _recent.Enqueue(port);
                if (_recent.Count > Remembered)
                {
                    _recent.Dequeue();
                }

                return port;
            }
        }

        throw new WorkloadStartException($"No free port found on {address}.");
    }
}
