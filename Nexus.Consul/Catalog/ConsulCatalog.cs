using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>
/// What is registered in the datacenter. Under ACLs what the token may not read is left out: empty does not prove that
/// there is nothing.
/// </summary>
public sealed class ConsulCatalog
{
    private static readonly ConsulRead<ImmutableArray<CatalogNode>> Nodes = new("v1/catalog/nodes", ConsulRead.Json(
        ConsulJson.Default.NodeWireArray, static wires => ConsulRead.Freeze(wires, static wire => wire.ToNode())));

    private static readonly ConsulRead<IReadOnlyDictionary<string, ImmutableArray<string>>> Names = new(
        "v1/catalog/services", ConsulRead.Json(ConsulJson.Default.DictionaryStringStringArray, ToNames));

    private static readonly ConsulReader<ImmutableArray<CatalogService>> Instances = ConsulRead.Json(
        ConsulJson.Default.CatalogServiceWireArray, static wires => ConsulRead.Freeze(wires, static wire => wire.ToService()));

    private readonly ConsulTransport _transport;
    private readonly ConsulWatcher _watcher;

    internal ConsulCatalog(ConsulTransport transport, ConsulWatcher watcher) => (_transport, _watcher) = (transport, watcher);

    /// <summary>All nodes, also those that stopped answering.</summary>
    public Task<ConsulResult<ImmutableArray<CatalogNode>>> NodesAsync(CancellationToken cancellationToken) =>
        _transport.ReadAsync(Nodes, cancellationToken);

    /// <summary>The names of all services, each with the tags its instances have between them.</summary>
    public Task<ConsulResult<IReadOnlyDictionary<string, ImmutableArray<string>>>> ServicesAsync(
        CancellationToken cancellationToken) =>
        _transport.ReadAsync(Names, cancellationToken);

    /// <summary>Follows the names and tags of all services, as <see cref="ConsulKv.WatchAsync"/> follows a key.</summary>
    public IAsyncEnumerable<ConsulResult<IReadOnlyDictionary<string, ImmutableArray<string>>>> WatchServicesAsync(
        WatchOptions? options, CancellationToken cancellationToken) =>
        _watcher.WatchAsync(Names, options, cancellationToken);

    /// <summary>All instances of a service, whatever their checks say.</summary>
    public Task<ConsulResult<ImmutableArray<CatalogService>>> ServiceAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _transport.ReadAsync(
            new ConsulRead<ImmutableArray<CatalogService>>("v1/catalog/service/" + Uri.EscapeDataString(name), Instances),
            cancellationToken);
    }

    private static IReadOnlyDictionary<string, ImmutableArray<string>> ToNames(Dictionary<string, string[]>? wire) =>
        wire is null
            ? ImmutableDictionary<string, ImmutableArray<string>>.Empty
            : wire.ToDictionary(entry => entry.Key, entry => ConsulRead.Freeze(entry.Value), StringComparer.Ordinal);
}
