using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>A machine that runs a Consul agent.</summary>
public sealed record CatalogNode(
    string Id, string Name, string Address, string Datacenter, IReadOnlyDictionary<string, string> Meta);

/// <summary>One registered instance of a service.</summary>
/// <param name="Id">Unique on its node.</param>
/// <param name="Name">The service it is an instance of.</param>
/// <param name="Address">Its own address; empty means its node's.</param>
/// <param name="Port">Its port, or 0.</param>
/// <param name="Tags">As registered.</param>
/// <param name="Meta">As registered.</param>
public sealed record ServiceInstance(
    string Id, string Name, string Address, int Port, ImmutableArray<string> Tags, IReadOnlyDictionary<string, string> Meta);

/// <summary>One instance of a service with its node, without checks.</summary>
public sealed record CatalogService(CatalogNode Node, ServiceInstance Service)
{
    /// <summary>Where to reach it: the service's own address or, if it has none, its node's.</summary>
    public string Address => Service.Address.Length > 0 ? Service.Address : Node.Address;
}

/// <summary>A node as Consul writes it.</summary>
internal sealed record NodeWire(
    [property: JsonPropertyName("ID")] string? Id,
    [property: JsonPropertyName("Node")] string Name,
    string? Address,
    string? Datacenter,
    Dictionary<string, string>? Meta)
{
    public CatalogNode ToNode() => new(Id ?? "", Name, Address ?? "", Datacenter ?? "", ServiceWire.OrEmpty(Meta));
}

/// <summary>An instance as Consul writes it in health and agent answers.</summary>
internal sealed record ServiceWire(
    [property: JsonPropertyName("ID")] string Id,
    [property: JsonPropertyName("Service")] string Name,
    string? Address,
    int Port,
    string[]? Tags,
    Dictionary<string, string>? Meta)
{
    public ServiceInstance ToInstance() => new(Id, Name, Address ?? "", Port, ConsulRead.Freeze(Tags), OrEmpty(Meta));

    internal static IReadOnlyDictionary<string, string> OrEmpty(Dictionary<string, string>? meta) =>
        meta is { Count: > 0 } ? meta : ImmutableDictionary<string, string>.Empty;
}

/// <summary>An instance and its node as Consul writes them in the catalog: in one piece.</summary>
internal sealed record CatalogServiceWire(
    [property: JsonPropertyName("ID")] string? Id,
    string Node,
    string? Address,
    string? Datacenter,
    Dictionary<string, string>? NodeMeta,
    [property: JsonPropertyName("ServiceID")] string ServiceId,
    string ServiceName,
    string? ServiceAddress,
    int ServicePort,
    string[]? ServiceTags,
    Dictionary<string, string>? ServiceMeta)
{
    public CatalogService ToService() => new(
        new CatalogNode(Id ?? "", Node, Address ?? "", Datacenter ?? "", ServiceWire.OrEmpty(NodeMeta)),
        new ServiceInstance(
            ServiceId, ServiceName, ServiceAddress ?? "", ServicePort, ConsulRead.Freeze(ServiceTags), ServiceWire.OrEmpty(ServiceMeta)));
}
