using System.Collections.Immutable;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec;

namespace Nexus.Gateway.Catalog;

/// <summary>Reads a pool's instances from what Consul lists.</summary>
internal static class CatalogMapping
{
    // Consul keeps a maintenance as a check with one of these ids.
    private const string NodeMaintenance = "_node_maintenance";
    private const string ServiceMaintenance = "_service_maintenance:";

    public static ImmutableArray<CatalogInstance> ToInstances(ImmutableArray<ServiceEntry> entries) =>
        [.. entries.Select(ToInstance)];

    private static CatalogInstance ToInstance(ServiceEntry entry)
    {
        var meta = entry.Service.Meta;
        return new CatalogInstance(
            meta.GetValueOrDefault(CatalogNames.MetaAllocation) is { Length: > 0 } id ? new AllocationId(id) : null,
            entry.Address,
            entry.Service.Port,
            int.TryParse(meta.GetValueOrDefault(CatalogNames.MetaAttempt), out var attempt) ? attempt : 0,
            HealthOf(entry))
        {
            Node = meta.GetValueOrDefault(CatalogNames.MetaNode) is { Length: > 0 } node ? new NodeName(node) : null,
            Revision = meta.GetValueOrDefault(CatalogNames.MetaRevision) is { Length: > 0 } revision ? new PoolRevision(revision) : null,
            Protocol = meta.GetValueOrDefault(CatalogNames.MetaProtocol) == CatalogNames.H2c ? AppProtocol.H2c : AppProtocol.Http1,
        };
    }

    private static InstanceHealth HealthOf(ServiceEntry entry)
    {
        if (entry.Checks.Any(IsMaintenance))
        {
            return InstanceHealth.Maintenance;
        }

        var failing = entry.Checks.Where(check => check.Status != CheckStatus.Passing).ToList();
        return failing.Count == 0
            ? InstanceHealth.Passing
            : failing.TrueForAll(check => check.CheckId == HealthCheck.NodeCheckId) ? InstanceHealth.NodeSilent : InstanceHealth.Failing;
    }

    private static bool IsMaintenance(HealthCheck check) =>
        check.CheckId == NodeMaintenance || check.CheckId.StartsWith(ServiceMaintenance, StringComparison.Ordinal);
}
