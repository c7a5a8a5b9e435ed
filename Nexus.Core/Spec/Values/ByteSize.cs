using System.Buffers;
using System.Globalization;

namespace Nexus.Core.Spec.Values;

/// <summary>Sizes as the spec writes them: <c>512MB</c> (millions of bytes), <c>1.5GiB</c> (1024³), <c>256Mi</c>.</summary>
public static class ByteSize
{
    /// <summary>The form as a regular expression, without anchors.</summary>
    internal const string Pattern = @"[0-9]{1,15}(\.[0-9]{1,3})? ?([kKmMgGtT][bB]|[kKmMgGtT]i[bB]?|B)";

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("TB", 1_000_000_000_000), ("GiB", 1L << 30), ("GB", 1_000_000_000),
        ("MiB", 1L << 20), ("MB", 1_000_000), ("KiB", 1L << 10), ("KB", 1000),
        ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10), ("B", 1),
    ];

    /// <summary>Reads a number with a unit. A unit like <c>m</c> or <c>G</c> is refused: tools disagree on its meaning.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0 || !char.IsAsciiDigit(text[0]) || text[digits - 1] == '.')
        {
            return false;
        }

        var unit = text[digits..].TrimStart(' ');
        var factor = Units.FirstOrDefault(known => known.Unit.Equals(unit, StringComparison.OrdinalIgnoreCase)).Bytes;
        if (factor == 0
            || !decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>Writes a size in its largest unit without a remainder, so that <see cref="TryParse"/> reads it back.</summary>
    public static string Format(long bytes)
    {
        var (unit, factor) = Units.First(known => bytes % known.Bytes == 0 && (bytes >= known.Bytes || known.Bytes == 1));
        return $"{bytes / factor}{unit}";
    }
}
