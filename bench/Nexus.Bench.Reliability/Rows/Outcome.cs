namespace Nexus.Bench.Reliability.Rows;

/// <summary>What one run of an experiment came to.</summary>
/// <param name="Traffic">What the clients saw.</param>
/// <param name="Times">How long what took, in seconds, by a short name.</param>
/// <param name="Note">What else is to be said; null for nothing.</param>
internal sealed record Outcome(Traffic Traffic, IReadOnlyDictionary<string, double> Times, string? Note = null)
{
    public static IReadOnlyDictionary<string, double> TimesOf(params (string Name, TimeSpan Took)[] times) =>
        times.ToDictionary(t => t.Name, t => t.Took.TotalSeconds, StringComparer.Ordinal);
}

/// <summary>A limit on a time: <c>out p99 ≤ 0.1 s</c>.</summary>
/// <param name="Time">Name of the time.</param>
/// <param name="Quantile">0.5 is the median; 1 the longest.</param>
/// <param name="Limit">Seconds.</param>
internal sealed record Goal(string Time, double Quantile, double Limit)
{
    public override string ToString() =>
        $"{Time} {(Quantile >= 1 ? "max" : $"p{Quantile * 100:0}")} ≤ {Limit:0.##} s";
}
