using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>What a check last found; ordered from good to bad.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckStatus>))]
public enum CheckStatus
{
    /// <summary>All is well.</summary>
    [JsonStringEnumMemberName("passing")]
    Passing,

    /// <summary>Works, with something to say.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Does not work, or is under maintenance.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>A check of a service or, with an empty <paramref name="ServiceId"/>, of a whole node.</summary>
/// <param name="Node">The node it runs on.</param>
/// <param name="CheckId">Unique on its node.</param>
/// <param name="Name">For people.</param>
/// <param name="Status">What it last found.</param>
/// <param name="Notes">For people, from its registration.</param>
/// <param name="Output">What it last said; Consul keeps the first 4 KB and delays mere changes of it.</param>
/// <param name="ServiceId">The service it belongs to, or empty.</param>
/// <param name="ServiceName">That service's name, or empty.</param>
public sealed record HealthCheck(
    string Node,
    [property: JsonPropertyName("CheckID")] string CheckId,
    string Name,
    CheckStatus Status,
    string Notes,
    string Output,
    [property: JsonPropertyName("ServiceID")] string ServiceId,
    string ServiceName)
{
    /// <summary>The check that says whether the node itself answers its peers.</summary>
    public const string NodeCheckId = "serfHealth";
}
