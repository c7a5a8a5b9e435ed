using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>
/// Services and nodes with their checks. Under ACLs what the token may not read is left out, and a cluster that just
/// lost its data has nothing to tell: empty does not prove that there is nothing.
/// </summary>
public sealed class ConsulHealth
{
    private static readonly ConsulReader<ImmutableArray<ServiceEntry>> Entries = ConsulRead.Json(
        ConsulJson.Default.ServiceEntryWireArray, static wires => ConsulRead.Freeze(wires, static wire => wire.ToEntry()));

    private static readonly ConsulReader<ImmutableArray<HealthCheck>> Checks =
        ConsulRead.Json(ConsulJson.Default.HealthCheckArray, ConsulRead.Freeze);

    private readonly ConsulTransport _transport;
    private readonly ConsulWatcher _watcher;

    internal ConsulHealth(ConsulTransport transport, ConsulWatcher watcher) => (_transport, _watcher) = (transport, watcher);

    /// <summary>The instances of a service, all or only those whose checks all pass.</summary>
    public Task<ConsulResult<ImmutableArray<ServiceEntry>>> ServiceAsync(
        string name, bool passingOnly, CancellationToken cancellationToken) =>
        _transport.ReadAsync(Service(name, passingOnly), cancellationToken);

    /// <summary>Follows all instances of a service, whatever their status, as <see cref="ConsulKv.WatchAsync"/> follows a key.</summary>
    public IAsyncEnumerable<ConsulResult<ImmutableArray<ServiceEntry>>> WatchServiceAsync(
        string name, WatchOptions? options, CancellationToken cancellationToken) =>
        _watcher.WatchAsync(Service(name, passingOnly: false), options, cancellationToken);

    /// <summary>All checks on a node, its services' included; empty when the node is unknown.</summary>
    public Task<ConsulResult<ImmutableArray<HealthCheck>>> NodeAsync(string node, CancellationToken cancellationToken) =>
        _transport.ReadAsync(Node(node), cancellationToken);

    /// <summary>Follows all checks on a node, as <see cref="ConsulKv.WatchAsync"/> follows a key.</summary>
    public IAsyncEnumerable<ConsulResult<ImmutableArray<HealthCheck>>> WatchNodeAsync(
        string node, WatchOptions? options, CancellationToken cancellationToken) =>
        _watcher.WatchAsync(Node(node), options, cancellationToken);

    private static ConsulRead<ImmutableArray<ServiceEntry>> Service(string name, bool passingOnly)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new("v1/health/service/" + Uri.EscapeDataString(name), Entries, passingOnly ? "passing" : null);
    }

    private static ConsulRead<ImmutableArray<HealthCheck>> Node(string node)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        return new("v1/health/node/" + Uri.EscapeDataString(node), Checks);
    }
}
