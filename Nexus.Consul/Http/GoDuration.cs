using System.Buffers;

namespace Nexus.Consul;

/// <summary>Durations as Go writes them, such as 1m30s or 250ms.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Milliseconds)[] Units =
        [("ns", 1e-6), ("us", 1e-3), ("µs", 1e-3), ("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];

    /// <summary>Rounds up to whole milliseconds, so that something never becomes nothing.</summary>
    public static string Format(TimeSpan duration) => $"{Math.Ceiling(duration.TotalMilliseconds):0}ms";

    public static string? Format(TimeSpan? duration) => duration is { } value ? Format(value) : null;

    /// <summary>Null when the text is empty or not a duration.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var total = 0d;
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Number);
            if (digits <= 0 || !double.TryParse(rest[..digits], out var number))
            {
                return null;
            }

            rest = rest[digits..];
            if (UnitAt(rest) is not { } unit)
            {
                return null;
            }

            total += number * unit.Milliseconds;
            rest = rest[unit.Unit.Length..];
        }

        return TimeSpan.FromMilliseconds(total);
    }

    private static (string Unit, double Milliseconds)? UnitAt(ReadOnlySpan<char> text)
    {
        foreach (var unit in Units)
        {
            if (text.StartsWith(unit.Unit, StringComparison.Ordinal))
            {
                return unit;
            }
        }

        return null;
    }
}
