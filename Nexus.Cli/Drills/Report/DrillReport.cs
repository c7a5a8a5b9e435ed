using System.Text.Json.Serialization;
using Nexus.Cli.Drills.Load;

namespace Nexus.Cli.Drills.Report;

/// <summary>Times in milliseconds, of one value for each run.</summary>
/// <param name="P50">Half of the runs took no longer.</param>
/// <param name="P95">Of the runs, 95 % took no longer.</param>
/// <param name="Max">The longest.</param>
/// <param name="All">All of them, in the order of the runs.</param>
internal sealed record RunTimes(double P50, double P95, double Max, IReadOnlyList<double> All)
{
    /// <summary>Summarises; null for no times at all. A percentile is the smallest value that enough runs did not exceed.</summary>
    public static RunTimes? Of(IEnumerable<TimeSpan?> times)
    {
        var all = times.Where(t => t is not null).Select(t => Math.Round(t!.Value.TotalMilliseconds, 1)).ToList();
        if (all.Count == 0)
        {
            return null;
        }

        var sorted = all.Order().ToList();
        return new RunTimes(At(sorted, 0.5), At(sorted, 0.95), sorted[^1], all);
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];
}

/// <summary>What came of one kind of fault.</summary>
internal sealed record FaultReport
{
    public required string Fault { get; init; }

    /// <summary>How often it was caused.</summary>
    public int Runs { get; init; }

    public long Requests { get; init; }

    public long Failed { get; init; }

    /// <summary>Most that may fail in one run; null where nothing is promised for the method.</summary>
    public int? Allowed { get; init; }

    /// <summary>Whether more failed in a run than may, or the cluster did not come back.</summary>
    public bool Broken { get; init; }

    public double LatencyP50 { get; init; }

    public double LatencyP99 { get; init; }

    public double LatencyMax { get; init; }

    /// <summary>Longest that the drill itself sent a request late; it is part of the latency.</summary>
    public double SenderLagMax { get; init; }

    public RunTimes? Ejected { get; init; }

    public RunTimes? Full { get; init; }

    public RunTimes? Decided { get; init; }

    public string? Note { get; init; }

    /// <summary>Why it was not caused.</summary>
    public string? Skipped { get; init; }

    /// <summary>Why it went wrong beside failed requests.</summary>
    public string? Error { get; init; }

    /// <summary>Failed requests by kind.</summary>
    public IReadOnlyDictionary<string, int> Kinds { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Some of the failed requests.</summary>
    public IReadOnlyList<FailedRequest> Failures { get; init; } = [];
}

/// <summary>What came of a drill.</summary>
internal sealed record DrillReport(
    string Cluster, string Pool, int Replicas, string Method, int Rate, int NewConnectionsRate, DateTimeOffset StartedAt,
    bool Kept, IReadOnlyList<FaultReport> Faults);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DrillReport))]
internal sealed partial class DrillJson : JsonSerializerContext;
