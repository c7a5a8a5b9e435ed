using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>One instance of a service with its node and the checks of both.</summary>
public sealed record ServiceEntry(CatalogNode Node, ServiceInstance Service, ImmutableArray<HealthCheck> Checks)
{
    /// <summary>The worst of all checks; passing when there is none.</summary>
    public CheckStatus AggregatedStatus
    {
        get
        {
            var worst = CheckStatus.Passing;
            foreach (var check in Checks)
            {
                worst = check.Status > worst ? check.Status : worst;
            }

            return worst;
        }
    }

    /// <summary>Where to reach it: the service's own address or, if it has none, its node's.</summary>
    public string Address => Service.Address.Length > 0 ? Service.Address : Node.Address;
}

/// <summary>An entry as Consul writes it.</summary>
internal sealed record ServiceEntryWire(NodeWire Node, ServiceWire Service, HealthCheck[]? Checks)
{
    public ServiceEntry ToEntry() => new(Node.ToNode(), Service.ToInstance(), ConsulRead.Freeze(Checks));
}
