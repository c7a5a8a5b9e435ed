using System.Collections.Immutable;

namespace Nexus.Consul;

/// <summary>A service for the agent to keep in the catalog and to check.</summary>
public sealed record ServiceRegistration
{
    /// <summary>Unique on the agent; registering it again replaces it and keeps what its checks last found.</summary>
    public required string Id { get; init; }

    /// <summary>The service this is an instance of.</summary>
    public required string Name { get; init; }

    /// <summary>Its own address; null means the node's.</summary>
    public string? Address { get; init; }

    /// <summary>Its port, if it has one.</summary>
    public int? Port { get; init; }

    /// <summary>Words to select by.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Values to read along; keys of [A-Za-z0-9_-], up to 64 of them, values up to 512 characters.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What the agent checks, or expects to be told.</summary>
    public ImmutableArray<ServiceCheck> Checks { get; init; } = [];

    /// <summary>
    /// Drop checks of an earlier registration that are not in this one. That ends a maintenance too, which Consul keeps as
    /// a check.
    /// </summary>
    public bool ReplaceExistingChecks { get; init; }
}

/// <summary>A check that belongs to a service; see <see cref="HttpCheck"/>, <see cref="TcpCheck"/>, <see cref="TtlCheck"/>.</summary>
public abstract record ServiceCheck
{
    private protected ServiceCheck()
    {
    }

    /// <summary>Unique on the agent.</summary>
    public required string CheckId { get; init; }

    /// <summary>For people; null lets Consul name it.</summary>
    public string? Name { get; init; }

    /// <summary>For people.</summary>
    public string? Notes { get; init; }

    /// <summary>What holds until the first result; Consul's default is critical.</summary>
    public CheckStatus? InitialStatus { get; init; }

    /// <summary>How many good results in a row make it pass; null means one.</summary>
    public int? SuccessBeforePassing { get; init; }

    /// <summary>How many bad results in a row make it critical; null means one.</summary>
    public int? FailuresBeforeCritical { get; init; }

    /// <summary>When the service is removed for being critical; Consul takes less than a minute for a minute.</summary>
    public TimeSpan? DeregisterCriticalServiceAfter { get; init; }
}

/// <summary>The agent asks over HTTP: 2xx passes, 429 warns, all else is critical.</summary>
public sealed record HttpCheck : ServiceCheck
{
    /// <summary>What to ask.</summary>
    public required Uri Url { get; init; }

    /// <summary>How often; the first time at a random moment within it.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How long an answer may take; null means Consul's 10 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>GET unless set.</summary>
    public string? Method { get; init; }

    /// <summary>Headers to send.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> Header { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Accept any certificate.</summary>
    public bool TlsSkipVerify { get; init; }
}

/// <summary>The agent opens a connection: taken passes, refused is critical.</summary>
public sealed record TcpCheck : ServiceCheck
{
    /// <summary>As host:port.</summary>
    public required string Address { get; init; }

    /// <summary>How often; the first time at a random moment within it.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How long connecting may take; null means Consul's 10 s.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>The service reports; critical when it has not for this long. See <see cref="ConsulAgent.UpdateTtlAsync"/>.</summary>
public sealed record TtlCheck : ServiceCheck
{
    /// <summary>The longest silence.</summary>
    public required TimeSpan Ttl { get; init; }
}
