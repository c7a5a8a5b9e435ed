using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Consul;

/// <summary>All JSON that is exchanged with Consul. Null members are left out: 1.8 answers 400 to a field it does not know.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(KvPair[]))]
[JsonSerializable(typeof(HealthCheck[]))]
[JsonSerializable(typeof(Dictionary<string, HealthCheck>))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
[JsonSerializable(typeof(ServiceEntryWire[]))]
[JsonSerializable(typeof(NodeWire[]))]
[JsonSerializable(typeof(CatalogServiceWire[]))]
[JsonSerializable(typeof(Dictionary<string, ServiceWire>))]
[JsonSerializable(typeof(ServiceRegistrationWire))]
[JsonSerializable(typeof(TtlUpdateWire))]
[JsonSerializable(typeof(AgentSelfWire))]
[JsonSerializable(typeof(SessionRequestWire))]
[JsonSerializable(typeof(SessionIdWire))]
[JsonSerializable(typeof(SessionWire[]))]
[JsonSerializable(typeof(TxnOperationWire[]))]
[JsonSerializable(typeof(TxnResultWire))]
internal sealed partial class ConsulJson : JsonSerializerContext
{
    /// <summary>Consul's own JSON of a request body.</summary>
    public static ReadOnlyMemory<byte> Bytes<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(value, type);
}
