using System.Diagnostics;

namespace Nexus.Testing;

/// <summary>Whether metrics are named as Prometheus asks: the rules of <c>promtool check metrics</c>, and the program itself where it is
/// installed.</summary>
public static class PrometheusNames
{
    private static readonly string[] Types = ["counter", "gauge", "histogram", "summary", "untyped"];

    private static readonly string[] OtherUnits =
    [
        "ms", "milliseconds", "us", "microseconds", "ns", "nanoseconds", "minutes", "hours", "days", "weeks", "kb", "mb", "gb", "kilobytes", "megabytes",
        "gigabytes", "kib", "mib", "gib", "kibibytes", "mebibytes", "gibibytes", "bits", "percent", "percents", "milli", "micro", "nano", "kilo", "mega",
        "giga", "s", "sec", "secs", "min", "hr", "b", "byte", "celcius", "fahrenheit", "grams", "miles", "feet",
    ];

    /// <summary>What is wrong with the names on a page of metrics.</summary>
    /// <param name="page">In Prometheus' text format.</param>
    /// <param name="cancellationToken">Ends the wait for promtool.</param>
    public static async Task<IReadOnlyList<string>> CheckAsync(string page, CancellationToken cancellationToken) =>
        [.. Check(page), .. await PromtoolAsync(page, cancellationToken)];

    /// <summary>What the rules say of a page; each line begins with the name.</summary>
    public static IReadOnlyList<string> Check(string page)
    {
        var wrong = new List<string>();
        var helped = page.Split('\n').Where(line => line.StartsWith("# HELP ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToHashSet(StringComparer.Ordinal);
        foreach (var words in page.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.TrimEnd('\r').Split(' ')))
        {
            var (name, type) = (words[2], words[3]);
            var parts = name.Split('_');
            Require(helped.Contains(name), "has no help text");
            Require(type != "counter" || name.EndsWith("_total", StringComparison.Ordinal), "is a counter and does not end in _total");
            Require(type == "counter" || !name.EndsWith("_total", StringComparison.Ordinal), "is no counter and ends in _total");
            Require(type is "histogram" or "summary" || parts[^1] is not ("count" or "sum" or "bucket"), $"ends in _{parts[^1]}, which is for histograms");
            Require(!Array.Exists(parts, Types.Contains), "names its type");
            Require(!Array.Exists(parts, OtherUnits.Contains), "has a unit that is no base unit, or an abbreviated one");
            Require(name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'), "is not in snake_case");

            void Require(bool isSo, string what)
            {
                if (!isSo)
                {
                    wrong.Add($"{name} {what}");
                }
            }
        }

        return wrong;
    }

    private static async Task<IReadOnlyList<string>> PromtoolAsync(string page, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return []; // It is not installed.
        }

        using (process)
        {
            var said = process.StandardError.ReadToEndAsync(cancellationToken);
            var more = process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.StandardInput.WriteAsync(page.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            return [.. $"{await said}\n{await more}".Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }
    }
}
