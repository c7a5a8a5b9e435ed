using System.Buffers.Binary;
using System.Globalization;

namespace Nexus.Dashboard.Telemetry;

/// <summary>Identity of a trace: 16 bytes, of which a text would take six times as much.</summary>
/// <param name="High">The first eight.</param>
/// <param name="Low">The last eight.</param>
public readonly record struct TraceId(ulong High, ulong Low)
{
    /// <summary>Whether it names none.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Reads the bytes of the protocol; what is not 16 bytes long names no trace.</summary>
    /// <param name="bytes">The bytes.</param>
    public static TraceId From(ReadOnlySpan<byte> bytes) => bytes.Length == 16
        ? new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])) : default;

    /// <summary>Reads 32 hexadecimal digits.</summary>
    /// <param name="text">The digits.</param>
    /// <param name="id">What they name.</param>
    public static bool TryParse(string? text, out TraceId id)
    {
        id = default;
        if (text?.Length != 32
            || !ulong.TryParse(text.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(text.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
        {
            return false;
        }

        id = new(high, low);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => $"{High:x16}{Low:x16}";
}

/// <summary>Identity of a span within its trace.</summary>
/// <param name="Value">Its eight bytes.</param>
public readonly record struct SpanId(ulong Value)
{
    /// <summary>Whether it names none.</summary>
    public bool IsEmpty => Value == 0;

    /// <summary>Reads the bytes of the protocol; what is not 8 bytes long names no span.</summary>
    /// <param name="bytes">The bytes.</param>
    public static SpanId From(ReadOnlySpan<byte> bytes) => bytes.Length == 8 ? new(BinaryPrimitives.ReadUInt64BigEndian(bytes)) : default;

    /// <inheritdoc />
    public override string ToString() => $"{Value:x16}";
}
