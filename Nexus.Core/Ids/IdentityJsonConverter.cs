using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Core.Ids;

/// <summary>Writes an identity as the bare string it wraps.</summary>
/// <typeparam name="T">The identity.</typeparam>
public sealed class IdentityJsonConverter<T> : JsonConverter<T>
    where T : struct, IIdentity<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.Of(reader.GetString() ?? throw new JsonException($"{typeof(T).Name} must be a string, found null."));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
