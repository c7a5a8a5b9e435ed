using System.Globalization;
using System.Text;

namespace Nexus.Core.Spec.Values;

/// <summary>Durations as the spec writes them: <c>500ms</c>, <c>10s</c>, <c>1m30s</c>, <c>2h</c>, <c>365d</c>.</summary>
public static class SpecDuration
{
    /// <summary>The form as a regular expression, without anchors.</summary>
    internal const string Pattern = "(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?";

    private const long MaxMilliseconds = long.MaxValue / TimeSpan.TicksPerMillisecond;

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// <summary>Reads a duration: whole numbers, each with its unit, larger units first.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        const int MaxDigits = 9;
        value = TimeSpan.Zero;
        var rest = text.AsSpan();
        long total = 0;
        foreach (var (unit, milliseconds) in Units)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is > 0 and <= MaxDigits && UnitOf(rest[digits..]).SequenceEqual(unit))
            {
                total += long.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture) * milliseconds;
                rest = rest[(digits + unit.Length)..];
            }
        }

        if (text.Length == 0 || !rest.IsEmpty || total > MaxMilliseconds)
        {
            return false;
        }

        value = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>Writes a duration so that <see cref="TryParse"/> reads it back; less than a millisecond is cut off.</summary>
    public static string Format(TimeSpan value)
    {
        var rest = value.Ticks / TimeSpan.TicksPerMillisecond;
        if (rest == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Units)
        {
            if (rest / milliseconds is var count and > 0)
            {
                text.Append(count).Append(unit);
                rest %= milliseconds;
            }
        }

        return text.ToString();
    }

    private static ReadOnlySpan<char> UnitOf(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyInRange('0', '9');
        return end < 0 ? text : text[..end];
    }
}
