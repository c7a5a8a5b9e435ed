using System.Text.Json.Serialization;
using Nexus.Core.Routing;

namespace Nexus.Gateway.Routing;

/// <summary>How a snapshot is written to disk.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RoutingSnapshot))]
internal sealed partial class RoutingJson : JsonSerializerContext;
