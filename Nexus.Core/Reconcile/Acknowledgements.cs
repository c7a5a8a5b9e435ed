using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>What the live gateways know. Lives for one pass.</summary>
internal sealed class Acknowledgements
{
    private readonly List<Known> _gateways = [];

    public Acknowledgements(IEnumerable<GatewayReport> reports)
    {
        foreach (var report in reports)
        {
            var attempts = new Dictionary<AllocationId, int>(report.Destinations.Length);
            foreach (var destination in report.Destinations)
            {
                attempts[destination.Allocation] = destination.Attempt;
            }

            _gateways.Add(new Known(report.Gateway, [.. report.Pools], attempts));
        }
    }

    /// <summary>Whether every gateway that routes the pool knows this attempt of the allocation; true where none routes it.</summary>
    public bool Knows(PoolName pool, AllocationId allocation, int attempt)
    {
        foreach (var gateway in _gateways)
        {
            if (gateway.Pools.Contains(pool) && !Lists(gateway, allocation, attempt))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The gateways that are waited for.</summary>
    public IEnumerable<string> Missing(PoolName pool, AllocationId allocation, int attempt) =>
        _gateways.Where(g => g.Pools.Contains(pool) && !Lists(g, allocation, attempt)).Select(g => g.Name);

    private static bool Lists(Known gateway, AllocationId allocation, int attempt) =>
        gateway.Attempts.TryGetValue(allocation, out var known) && known == attempt;

    private sealed record Known(string Name, HashSet<PoolName> Pools, Dictionary<AllocationId, int> Attempts);
}
