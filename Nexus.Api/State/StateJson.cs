using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.State;

namespace Nexus.Api.State;

/// <summary>How state is written into Consul: camelCase, enums by name, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SpecDocument))]
[JsonSerializable(typeof(SpecPointer))]
[JsonSerializable(typeof(LeaderRecord))]
[JsonSerializable(typeof(LeaderCommit))]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(NodeAssignment))]
[JsonSerializable(typeof(NodeObservation))]
[JsonSerializable(typeof(ClusterEvent))]
[JsonSerializable(typeof(RolloutRecord))]
[JsonSerializable(typeof(RolloutRequest))]
[JsonSerializable(typeof(NodeEligibility))]
[JsonSerializable(typeof(GatewayReport))]
[JsonSerializable(typeof(RoutesRecord))]
[JsonSerializable(typeof(TraceContext))]
public sealed partial class StateJson : JsonSerializerContext
{
    /// <summary>Writes a document.</summary>
    public static byte[] Write<T>(T document, JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(document, type);

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is not one; the message names the key.</exception>
    public static T Read<T>(string key, ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new JsonException($"The value of '{key}' is not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}
