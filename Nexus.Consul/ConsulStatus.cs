using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>The Consul servers as a Raft group.</summary>
public sealed class ConsulStatus
{
    private static readonly ConsulRead<string?> Leader = new(
        "v1/status/leader", ConsulRead.Json(ConsulJson.Default.String, static text => string.IsNullOrEmpty(text) ? null : text));

    private static readonly ConsulRead<ImmutableArray<string>> Peers = new(
        "v1/status/peers", ConsulRead.Json(ConsulJson.Default.StringArray, ConsulRead.Freeze));

    private readonly ConsulTransport _transport;

    internal ConsulStatus(ConsulTransport transport) => _transport = transport;

    /// <summary>The leader's Raft address as host:port, or null while there is none.</summary>
    public async Task<string?> LeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _transport.ReadAsync(Leader, cancellationToken)).Value;
        }
        catch (ConsulException exception) when (exception.IsNoLeader)
        {
            return null;
        }
    }

    /// <summary>The Raft addresses of all servers.</summary>
    public async Task<ImmutableArray<string>> PeersAsync(CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(Peers, cancellationToken)).Value;
}
