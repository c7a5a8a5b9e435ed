using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>A registration as Consul reads it.</summary>
internal sealed record ServiceRegistrationWire(
    [property: JsonPropertyName("ID")] string Id,
    string Name,
    string? Address,
    int? Port,
    string[]? Tags,
    IReadOnlyDictionary<string, string>? Meta,
    CheckWire[]? Checks)
{
    public static ServiceRegistrationWire Of(ServiceRegistration service) => new(
        service.Id,
        service.Name,
        service.Address,
        service.Port,
        service.Tags.IsDefaultOrEmpty ? null : [.. service.Tags],
        service.Meta.Count == 0 ? null : service.Meta,
        service.Checks.IsDefaultOrEmpty ? null : [.. service.Checks.Select(CheckWire.Of)]);
}

/// <summary>A check as Consul reads it.</summary>
internal sealed record CheckWire
{
    [JsonPropertyName("CheckID")]
    public required string CheckId { get; init; }

    public string? Name { get; init; }

    public string? Notes { get; init; }

    public CheckStatus? Status { get; init; }

    [JsonPropertyName("HTTP")]
    public string? Http { get; init; }

    public string? Method { get; init; }

    public Dictionary<string, string[]>? Header { get; init; }

    [JsonPropertyName("TLSSkipVerify")]
    public bool? TlsSkipVerify { get; init; }

    [JsonPropertyName("TCP")]
    public string? Tcp { get; init; }

    [JsonPropertyName("TTL")]
    public string? Ttl { get; init; }

    public string? Interval { get; init; }

    public string? Timeout { get; init; }

    public int? SuccessBeforePassing { get; init; }

    public int? FailuresBeforeCritical { get; init; }

    public string? DeregisterCriticalServiceAfter { get; init; }

    public static CheckWire Of(ServiceCheck check)
    {
        var wire = new CheckWire
        {
            CheckId = check.CheckId,
            Name = check.Name,
            Notes = check.Notes,
            Status = check.InitialStatus,
            SuccessBeforePassing = check.SuccessBeforePassing,
            FailuresBeforeCritical = check.FailuresBeforeCritical,
            DeregisterCriticalServiceAfter = GoDuration.Format(check.DeregisterCriticalServiceAfter),
        };
        return check switch
        {
            HttpCheck http => wire with
            {
                Http = http.Url.AbsoluteUri,
                Method = http.Method,
                Header = http.Header.Count == 0
                    ? null
                    : http.Header.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.Ordinal),
                TlsSkipVerify = http.TlsSkipVerify ? true : null,
                Interval = GoDuration.Format(http.Interval),
                Timeout = GoDuration.Format(http.Timeout),
            },
            TcpCheck tcp => wire with
            {
                Tcp = tcp.Address,
                Interval = GoDuration.Format(tcp.Interval),
                Timeout = GoDuration.Format(tcp.Timeout),
            },
            TtlCheck ttl => wire with { Ttl = GoDuration.Format(ttl.Ttl) },
            _ => throw new ArgumentException($"{check.GetType().Name} is not a check Consul knows.", nameof(check)),
        };
    }
}

/// <summary>A report to a TTL check as Consul reads it.</summary>
internal sealed record TtlUpdateWire(CheckStatus Status, string Output);

/// <summary>The part of an agent's description of itself that is the same in all versions.</summary>
internal sealed record AgentSelfWire(AgentConfigWire Config, AgentMemberWire? Member);

/// <summary>See <see cref="AgentSelfWire"/>.</summary>
internal sealed record AgentMemberWire(string? Addr);

/// <summary>See <see cref="AgentSelfWire"/>.</summary>
internal sealed record AgentConfigWire(
    string NodeName,
    [property: JsonPropertyName("NodeID")] string? NodeId,
    string Datacenter,
    string Version,
    bool Server);
