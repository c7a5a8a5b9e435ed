using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Api.State;

/// <summary>
/// How state is written into Consul: camelCase, enums by name, nulls left out. What a record cannot do without must be there when
/// it is read; a constructor parameter that is added later needs a default value, or records of the version before become
/// unreadable.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(NamedEnumConverter<AllocationPhase>), typeof(NamedEnumConverter<DesiredStatus>), typeof(NamedEnumConverter<EventSeverity>),
        typeof(NamedEnumConverter<HealthCheckType>), typeof(NamedEnumConverter<RolloutPhase>), typeof(NamedEnumConverter<RolloutStrategy>),
        typeof(NamedEnumConverter<RolloutVerb>), typeof(NamedEnumConverter<RuntimeKind>), typeof(NamedEnumConverter<AppProtocol>),
        typeof(NamedEnumConverter<EjectionReason>),
    ])]
[JsonSerializable(typeof(SpecDocument))]
[JsonSerializable(typeof(SpecPointer))]
[JsonSerializable(typeof(LeaderRecord))]
[JsonSerializable(typeof(LeaderCommit))]
[JsonSerializable(typeof(ClusterIdentity))]
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
    // Values have a limit: what only HTML would need to have escaped is written as it is.
    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document.</summary>
    public static byte[] Write<T>(T document, JsonTypeInfo<T> type)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, Written))
        {
            JsonSerializer.Serialize(writer, document, type);
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads a document that must be readable; records of the cluster's state are read by <see cref="StateRecords"/>.</summary>
    /// <exception cref="JsonException">It is not one; the message names the key.</exception>
    public static T Read<T>(string key, ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        var reading = StateRecords.Read(key, bytes, type);
        return reading.Value ?? throw new JsonException($"The value of '{key}' is not a {typeof(T).Name}: {reading.Reason}");
    }
}

/// <summary>Reads enums by name only: a number stands for nothing that this version can be sure of.</summary>
/// <typeparam name="T">The enum.</typeparam>
internal sealed class NamedEnumConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;
