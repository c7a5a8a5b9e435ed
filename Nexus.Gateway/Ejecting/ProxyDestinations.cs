using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Nexus.Gateway.Ejecting;

/// <summary>YARP's live destinations by our names.</summary>
internal sealed class ProxyDestinations(IProxyStateLookup proxy, IClusterDestinationsUpdater updater)
{
    public IEnumerable<ClusterState> Pools => proxy.GetClusters();

    public (string Pool, DestinationState Destination)? Find(string allocation)
    {
        foreach (var cluster in proxy.GetClusters())
        {
            if (cluster.Destinations.TryGetValue(allocation, out var destination))
            {
                return (cluster.ClusterId, destination);
            }
        }

        return null;
    }

    /// <summary>Requests in flight at an allocation.</summary>
    public int InFlight(string pool, string allocation) =>
        proxy.TryGetCluster(pool, out var cluster) && cluster.Destinations.TryGetValue(allocation, out var destination)
            ? destination.ConcurrentRequestCount
            : 0;

    /// <summary>Has YARP ask again who of a pool may get requests.</summary>
    public void Refresh(string pool)
    {
        if (proxy.TryGetCluster(pool, out var cluster))
        {
            updater.UpdateAvailableDestinations(cluster);
        }
    }
}
