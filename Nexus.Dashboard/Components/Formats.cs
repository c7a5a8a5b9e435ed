using System.Globalization;
using Nexus.Dashboard.Resources;
using Nexus.Dashboard.Telemetry;

namespace Nexus.Dashboard.Components;

/// <summary>How values are written on the pages.</summary>
internal static class Formats
{
    private const int Hues = 10;

    public static string Duration(TimeSpan duration) => duration.TotalMilliseconds switch
    {
        < 0.0005 => "0 ms",
        < 1 => $"{duration.TotalMicroseconds:0} µs",
        < 100 => $"{duration.TotalMilliseconds:0.0} ms",
        < 1_000 => $"{duration.TotalMilliseconds:0} ms",
        < 60_000 => $"{duration.TotalSeconds:0.00} s",
        < 3_600_000 => $"{(int)duration.TotalMinutes} m {duration.Seconds} s",
        _ => $"{(int)duration.TotalHours} h {duration.Minutes} m",
    };

    public static string Clock(DateTimeOffset time) => time.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string DateAndClock(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>A measured value with its unit, short enough for an axis.</summary>
    public static string Quantity(double value, string unit) => unit switch
    {
        _ when double.IsNaN(value) => "–",
        "By" => Scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]),
        "s" when value != 0 => Duration(TimeSpan.FromSeconds(Math.Clamp(value, -1e9, 1e9))),
        "ms" when value != 0 => Duration(TimeSpan.FromMilliseconds(Math.Clamp(value, -1e12, 1e12))),
        "1" or "" or ['{', ..] => Scaled(value, 1000, ["", "k", "M", "G", "T"]).TrimEnd(),
        _ => $"{Scaled(value, 1000, ["", "k", "M", "G", "T"]).TrimEnd()} {unit}",
    };

    /// <summary>What the values of an instrument are, in words.</summary>
    public static string UnitOf(InstrumentInfo instrument)
    {
        var unit = instrument.Unit switch
        {
            "By" => "bytes",
            "s" => "seconds",
            "ms" => "milliseconds",
            "1" or "" => "",
            ['{', .. var inner, '}'] => inner + "s",
            var other => other,
        };
        return instrument.Kind != InstrumentKind.Counter ? unit : unit.Length == 0 ? "a second" : $"{unit} a second";
    }

    /// <summary>The class that gives a process its colour, the same on every page.</summary>
    public static string Hue(TelemetrySource source) => $"hue{source.Number % Hues}";

    /// <summary>What a span was about, where its name does not say: the path that a client asked, or the pool.</summary>
    public static string Target(Span span)
    {
        var url = span.Kind == SpanKind.Client ? span.Tags.FirstOrDefault(t => t.Key == "url.full").Value : null;
        return Uri.TryCreate(url, UriKind.Absolute, out var full) ? full.AbsolutePath
            : span.Tags.FirstOrDefault(t => t.Key == "nexus.pool").Value ?? "";
    }

    public static string Tone(ResourceTone tone) => tone.ToString().ToLowerInvariant();

    private static string Scaled(double value, double step, string[] names)
    {
        var i = 0;
        while (Math.Abs(value) >= step && i < names.Length - 1)
        {
            value /= step;
            i++;
        }

        return $"{(Math.Abs(value) is 0 or >= 100 ? value.ToString("0", CultureInfo.InvariantCulture) : value.ToString("0.###", CultureInfo.InvariantCulture))} {names[i]}";
    }
}
