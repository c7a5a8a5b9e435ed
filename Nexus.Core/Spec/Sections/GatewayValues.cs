using System.Globalization;
using System.Text.Json.Nodes;
using Nexus.Core.Spec.Values;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A whole number of percent, always with its sign.</summary>
internal sealed class PercentValue(int min, int max) : SpecValue<int>
{
    public override string Allowed { get; } = $"a share from {min}% to {max}%";

    public override bool TryRead(SpecCursor cursor, out int value)
    {
        value = 0;
        return (cursor.Node is SpecScalar { Text: [.. var digits, '%'] }
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max)
            || cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new() { ["type"] = "string", ["pattern"] = "^(100|[0-9]{1,2})%$" };

    public override JsonNode? ToJson(int value) => JsonValue.Create($"{value}%");
}

/// <summary>How much of a request body is kept, in bytes; zero keeps none.</summary>
internal sealed class BufferValue : SpecValue<long>
{
    private const long Max = 16L << 20; // Every request under way may hold as much.

    public override string Allowed => "a size up to 16MiB, such as 64KiB, or 0 for none";

    public override bool TryRead(SpecCursor cursor, out long value)
    {
        value = 0;
        return cursor.Node is SpecScalar scalar
            && (scalar is { Text: "0", IsQuoted: false } || (ByteSize.TryParse(scalar.Text, out value) && value is >= 0 and <= Max))
            || cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["const"] = 0 },
            new JsonObject { ["type"] = "string", ["pattern"] = $"^{ByteSize.Pattern}$" }),
    };

    public override JsonNode? ToJson(long value) =>
        value == 0 ? JsonValue.Create(0) : JsonValue.Create(ByteSize.Format(value));
}

/// <summary>The largest request body, in bytes.</summary>
internal sealed class BodySizeValue : SpecValue<long>
{
    private const long Min = 1;
    private const long Max = 1L << 44;

    public override string Allowed => "a size up to 16TiB, such as 10MiB";

    public override bool TryRead(SpecCursor cursor, out long value)
    {
        value = 0;
        return (cursor.Node is SpecScalar scalar && ByteSize.TryParse(scalar.Text, out value) && value is >= Min and <= Max)
            || cursor.Refuse(Allowed);
    }

    public override JsonObject ToSchema() => new() { ["type"] = "string", ["pattern"] = $"^{ByteSize.Pattern}$" };

    public override JsonNode? ToJson(long value) => JsonValue.Create(ByteSize.Format(value));
}
