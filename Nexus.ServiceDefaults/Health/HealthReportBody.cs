using System.Text.Json.Serialization;

namespace Nexus.ServiceDefaults.Health;

/// <summary>The JSON of <c>/health</c> and <c>/alive</c>.</summary>
internal sealed record HealthReportBody(string Status, SortedDictionary<string, HealthCheckBody> Checks);

/// <summary>One check; no exception text, for the endpoint may be open to strangers.</summary>
internal sealed record HealthCheckBody(string Status, string? Description, double DurationMs);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthReportBody))]
internal sealed partial class HealthJsonContext : JsonSerializerContext;
