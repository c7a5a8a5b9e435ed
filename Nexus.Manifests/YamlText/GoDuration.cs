using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nexus.Manifests.YamlText;

/// <summary>Durations as compose files write them: numbers with units from hours down, fractions allowed, no days.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, decimal Ticks)[] Units =
    [
        ("h", TimeSpan.TicksPerHour), ("ms", TimeSpan.TicksPerMillisecond), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
        ("us", 10), ("µs", 10), ("ns", 0.01m),
    ];

    /// <summary>Writes whole milliseconds.</summary>
    public static string Format(TimeSpan span)
    {
        var text = new StringBuilder();
        Append((long)span.TotalHours, "h");
        Append(span.Minutes, "m");
        Append(span.Seconds, "s");
        Append(span.Milliseconds, "ms");
        return text.Length > 0 ? text.ToString() : "0s";

        void Append(long number, string unit)
        {
            if (number > 0)
            {
                text.Append(number).Append(unit);
            }
        }
    }

    /// <summary>Reads numbers, each with its unit; a bare <c>0</c> is none at all.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        decimal ticks = 0;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAnyExcept(NumberCharacters);
            if (end <= 0 || !decimal.TryParse(rest[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[end..];
            var (unit, factor) = UnitOf(rest);
            if (unit is null || number > TimeSpan.MaxValue.Ticks / factor)
            {
                return false;
            }

            ticks += number * factor;
            rest = rest[unit.Length..];
        }

        if (text.Length == 0 || ticks > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        span = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    private static (string? Unit, decimal Ticks) UnitOf(ReadOnlySpan<char> text)
    {
        foreach (var unit in Units)
        {
            if (text.StartsWith(unit.Unit, StringComparison.Ordinal))
            {
                return unit;
            }
        }

        return (null, 0);
    }
}
