using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>What becomes of a session's locks when it ends.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionBehavior>))]
public enum SessionBehavior
{
    /// <summary>The keys stay, unlocked.</summary>
    [JsonStringEnumMemberName("release")]
    Release,

    /// <summary>The keys are deleted.</summary>
    [JsonStringEnumMemberName("delete")]
    Delete,
}

/// <summary>A session to create. It ends when one of its checks turns critical, its TTL runs out or it is destroyed.</summary>
public sealed record SessionRequest
{
    /// <summary>For people.</summary>
    public string? Name { get; init; }

    /// <summary>How long it lives unrenewed: 10 s to 24 h, and Consul may take twice as long. Null: as long as its checks.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>How long a lock stays closed after its session was ended for it. Zero is safe only with fencing.</summary>
    public TimeSpan LockDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What becomes of its locks.</summary>
    public SessionBehavior Behavior { get; init; } = SessionBehavior.Release;

    /// <summary>
    /// Ids of the checks it lives by; none of them may be critical now. Empty means the node's own
    /// (<see cref="HealthCheck.NodeCheckId"/>), which must be named when others are.
    /// </summary>
    public ImmutableArray<string> Checks { get; init; } = [];
}

/// <summary>A session as it is.</summary>
public sealed record SessionInfo(
    string Id, string Name, string Node, TimeSpan? Ttl, TimeSpan LockDelay, SessionBehavior Behavior, ImmutableArray<string> Checks);

/// <summary>A session request as Consul reads it.</summary>
internal sealed record SessionRequestWire(
    string? Name,
    [property: JsonPropertyName("TTL")] string? Ttl,
    string LockDelay,
    SessionBehavior Behavior,
    string[]? Checks);

/// <summary>The answer to a created session.</summary>
internal sealed record SessionIdWire([property: JsonPropertyName("ID")] string Id);

/// <summary>A check named by a session.</summary>
internal sealed record SessionCheckWire([property: JsonPropertyName("ID")] string Id);

/// <summary>A session as Consul writes it; its checks are in one of three places, by version and kind.</summary>
internal sealed record SessionWire(
    [property: JsonPropertyName("ID")] string Id,
    string? Name,
    string? Node,
    [property: JsonPropertyName("TTL")] string? Ttl,
    long LockDelay,
    SessionBehavior Behavior,
    string[]? Checks,
    string[]? NodeChecks,
    SessionCheckWire[]? ServiceChecks)
{
    private const long NanosecondsPerTick = 100;

    public SessionInfo ToInfo() => new(
        Id,
        Name ?? "",
        Node ?? "",
        GoDuration.Parse(Ttl),
        TimeSpan.FromTicks(LockDelay / NanosecondsPerTick),
        Behavior,
        [.. (Checks ?? []).Concat(NodeChecks ?? []).Concat((ServiceChecks ?? []).Select(check => check.Id)).Distinct()]);
}
