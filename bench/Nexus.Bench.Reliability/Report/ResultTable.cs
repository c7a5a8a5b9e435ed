using System.Globalization;
using System.Text;
using Nexus.Bench.Reliability.Rows;

namespace Nexus.Bench.Reliability.Report;

/// <summary>One row of the table: an experiment, all its runs and what is asked of them.</summary>
/// <param name="Event">What happened.</param>
/// <param name="Runs">What came of it, each time.</param>
/// <param name="MayFail">Failed requests allowed, in all runs together.</param>
/// <param name="AnyMethod">Whether POSTs count as well.</param>
/// <param name="Goals">Limits on times.</param>
internal sealed record ResultRow(string Event, IReadOnlyList<Outcome> Runs, long MayFail, bool AnyMethod, IReadOnlyList<Goal> Goals)
{
    public Traffic Traffic => Runs.Aggregate(Traffic.None, (sum, run) => sum.Add(run.Traffic));

    /// <summary>Names of the times, in order.</summary>
    public IEnumerable<string> TimeNames => Runs.SelectMany(r => r.Times.Keys).Distinct(StringComparer.Ordinal);

    /// <summary>A quantile of a time in seconds; nearest rank, so that it is a value that was seen.</summary>
    public double At(string time, double quantile)
    {
        var sorted = Runs.Where(r => r.Times.ContainsKey(time)).Select(r => r.Times[time]).Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(quantile * sorted.Count) - 1, 0, sorted.Count - 1)];
    }

    public bool Holds => Traffic.Failed <= MayFail && (!AnyMethod || Traffic.OtherFailed == 0)
        && Goals.All(g => At(g.Time, g.Quantile) <= g.Limit) && !Runs.Any(r => r.Note?.Contains("BROKEN", StringComparison.Ordinal) == true);
}

/// <summary>Writes rows as a Markdown table, ready for the documentation.</summary>
internal static class ResultTable
{
    public const string Head =
        "| event | failed GET | failed POST | times p50 / p95 / p99 (s) | goal | holds |\n|---|---|---|---|---|---|";

    public static string Line(ResultRow row)
    {
        var t = row.Traffic;
        var goal = string.Join(", ", row.Goals.Select(g => g.ToString()).Prepend($"≤ {row.MayFail} failed{(row.AnyMethod ? ", any method" : " GET")}"));
        return $"| {row.Event}{(row.Runs.Count > 1 ? $" ×{row.Runs.Count}" : "")} | {t.Failed} of {t.Sent} | {t.OtherFailed} of {t.OtherSent} "
            + $"| {string.Join("; ", row.TimeNames.Select(name => $"{name} {Times(row, name)}"))} | {goal} | {(row.Holds ? "yes" : "**no**")} |";
    }

    /// <summary>What else there is to say of a row, a line each.</summary>
    public static string Notes(ResultRow row)
    {
        var text = new StringBuilder();
        foreach (var note in row.Runs.Select(r => r.Note).OfType<string>().Distinct(StringComparer.Ordinal).Take(3))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {row.Event}: {note}");
        }

        foreach (var example in row.Runs.Select(r => r.Traffic.Example).OfType<string>())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {row.Event}: failures: {example}");
        }

        return text.ToString();
    }

    /// <summary>A time: its quantiles, or the one value.</summary>
    public static string Times(ResultRow row, string name) => row.Runs.Count == 1
        ? Seconds(row.At(name, 1))
        : $"{Seconds(row.At(name, 0.5))} / {Seconds(row.At(name, 0.95))} / {Seconds(row.At(name, 0.99))}";

    private static string Seconds(double seconds) => seconds.ToString(seconds < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);
}
