using System.Net;
using System.Net.Sockets;

namespace Nexus.Runtime.Process;

/// <summary>Finds ports that nothing listens on and that were not given out lately, for a workload may take a while to bind.</summary>
internal sealed class FreePorts(IPAddress address)
{
    private const int Remembered = 256;

    private readonly Lock _lock = new();
    private readonly Queue<int> _recent = new();

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
