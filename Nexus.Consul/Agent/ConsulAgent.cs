using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>The agent a client talks to, as it describes itself.</summary>
public sealed record AgentSelf(string NodeName, string NodeId, string Datacenter, string Version, bool IsServer)
{
    /// <summary>Address by which the cluster's other agents reach it; null when it does not say.</summary>
    public string? Address { get; init; }
}

/// <summary>
/// The agent's own services and checks. It answers also while the servers have no leader, and brings the catalog up to
/// date when they have one again.
/// </summary>
public sealed class ConsulAgent
{
    private static readonly ConsulRead<AgentSelf> Self = new("v1/agent/self", ConsulRead.Json(
        ConsulJson.Default.AgentSelfWire,
        static wire => wire is { Config: { } own }
            ? new AgentSelf(own.NodeName, own.NodeId ?? "", own.Datacenter, own.Version, own.Server) { Address = wire.Member?.Addr }
            : throw new System.Text.Json.JsonException("no Config in the agent's description of itself")));

    private static readonly ConsulRead<ImmutableArray<ServiceInstance>> Services = new("v1/agent/services", ConsulRead.Json(
        ConsulJson.Default.DictionaryStringServiceWire,
        static wire => wire is null ? [] : wire.Values.Select(service => service.ToInstance()).ToImmutableArray()));

    private static readonly ConsulRead<ImmutableArray<HealthCheck>> Checks = new("v1/agent/checks", ConsulRead.Json(
        ConsulJson.Default.DictionaryStringHealthCheck, static wire => wire is null ? [] : wire.Values.ToImmutableArray()));

    private readonly ConsulTransport _transport;

    internal ConsulAgent(ConsulTransport transport) => _transport = transport;

    /// <summary>Who the agent is and which version it runs.</summary>
    public async Task<AgentSelf> SelfAsync(CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(Self, cancellationToken)).Value;

    /// <summary>The services registered with this agent.</summary>
    public async Task<ImmutableArray<ServiceInstance>> ServicesAsync(CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(Services, cancellationToken)).Value;

    /// <summary>The checks this agent runs or is told about.</summary>
    public async Task<ImmutableArray<HealthCheck>> ChecksAsync(CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(Checks, cancellationToken)).Value;

    /// <summary>Registers a service, or replaces it.</summary>
    public Task RegisterServiceAsync(ServiceRegistration service, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        var query = service.ReplaceExistingChecks ? "replace-existing-checks=true" : null;
        return SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/agent/service/register", query)
            {
                Body = ConsulJson.Bytes(ServiceRegistrationWire.Of(service), ConsulJson.Default.ServiceRegistrationWire),
            },
            cancellationToken);
    }

    /// <summary>Removes a service with its checks; an unknown id is fine.</summary>
    public Task DeregisterServiceAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);

        // 1.8 answers 200 for an unknown id, later versions 404.
        return SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/agent/service/deregister/" + Uri.EscapeDataString(id))
            {
                Accepts = System.Net.HttpStatusCode.NotFound,
            },
            cancellationToken);
    }

    /// <summary>Takes a service out of use, or back in, without touching its own checks: Consul adds a critical one.</summary>
    public Task SetServiceMaintenanceAsync(string id, bool enable, string? reason, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var query = (enable ? "enable=true" : "enable=false") + (reason is null ? "" : "&reason=" + Uri.EscapeDataString(reason));
        return SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/agent/service/maintenance/" + Uri.EscapeDataString(id), query),
            cancellationToken);
    }

    /// <summary>
    /// Reports to a TTL check, which starts its time anew. Fails with <see cref="ConsulException.IsNotFound"/> when the
    /// agent does not know the check: register its service again.
    /// </summary>
    public Task UpdateTtlAsync(string checkId, CheckStatus status, string output, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkId);
        return SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/agent/check/update/" + Uri.EscapeDataString(checkId))
            {
                Body = ConsulJson.Bytes(new TtlUpdateWire(status, output), ConsulJson.Default.TtlUpdateWire),
            },
            cancellationToken);
    }

    // All of these describe a state to be in, so saying it twice is saying it once.
    private Task<bool> SendAsync(ConsulRequest request, CancellationToken cancellationToken) =>
        _transport.SendAsync(request with { IsIdempotent = true }, ConsulRead.Succeeded, cancellationToken);
}
