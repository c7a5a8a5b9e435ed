using System.Buffers;
using System.Globalization;

namespace Nexus.Cli.Views;

/// <summary>Numbers as people say them, and durations as people type them.</summary>
internal static class HumanUnits
{
    private const double MaxDays = 36500;
    private const long Mebibyte = 1024 * 1024;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>
    /// In the spec's units: <c>128 MiB</c> for whole mebibytes, else <c>128 MB</c>, so that what was written is what is shown.
    /// </summary>
    public static string Bytes(long bytes)
    {
        var (step, infix) = bytes != 0 && bytes % Mebibyte == 0 ? (1024L, "i") : (1000L, "");
        return bytes switch
        {
            _ when bytes < step => $"{bytes} B",
            _ when bytes < step * step => Scaled(bytes, step, $"K{infix}B"),
            _ when bytes < step * step * step => Scaled(bytes, step * step, $"M{infix}B"),
            _ => Scaled(bytes, step * step * step, $"G{infix}B"),
        };
    }

    /// <summary><c>0.5 cpu</c>.</summary>
    public static string Cpu(int millicores) => $"{Cores(millicores)} cpu";

    /// <summary><c>0.5</c>.</summary>
    public static string Cores(int millicores) => (millicores / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary><c>3 s ago</c>; a moment just ahead of a skewed clock is <c>now</c>.</summary>
    public static string Ago(DateTimeOffset at, DateTimeOffset now)
    {
        var age = now - at;
        return age < TimeSpan.FromSeconds(1) ? "now" : $"{Span(age)} ago";
    }

    /// <summary><c>3 s</c>, <c>5 min</c>, <c>2 h</c>, <c>4 d</c>: the largest unit that fits, rounded down.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => $"{(long)span.TotalMilliseconds} ms",
        { TotalMinutes: < 1 } => $"{(long)span.TotalSeconds} s",
        { TotalHours: < 1 } => $"{(long)span.TotalMinutes} min",
        { TotalDays: < 1 } => $"{(long)span.TotalHours} h",
        _ => $"{(long)span.TotalDays} d",
    };

    /// <summary>A measured time: <c>0.4 ms</c>, <c>12 ms</c>, <c>1.53 s</c>.</summary>
    public static string Seconds(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 10 } => $"{span.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms",
        { TotalSeconds: < 1 } => $"{span.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms",
        _ => $"{span.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s",
    };

    /// <summary>Reads <c>500ms</c>, <c>90s</c>, <c>1m30s</c>, <c>1.5h</c>. A number without a unit is refused: it would be a guess.</summary>
    public static bool TryParseSpan(string text, out TimeSpan span)
    {
        span = default;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            var tail = rest[digits..];
            var end = tail.IndexOfAny(NumberCharacters);
            var name = (end < 0 ? tail : tail[..end]).ToString();
            var unit = Array.Find(Units, u => u.Unit == name);
            if (unit.Unit is null || count * unit.Length.TotalDays > MaxDays)
            {
                return false;
            }

            span += unit.Length * count;
            rest = tail[name.Length..];
        }

        return text.Length > 0 && span.TotalDays <= MaxDays;
    }

    private static string Scaled(long bytes, long unit, string name) =>
        $"{(bytes / (decimal)unit).ToString(bytes >= 10 * unit ? "0" : "0.#", CultureInfo.InvariantCulture)} {name}";
}
