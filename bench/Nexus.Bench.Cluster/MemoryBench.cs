using System.Globalization;

namespace Nexus.Bench.Cluster;

/// <summary>Resident memory of each part after half a minute of rest, beside Consul's as the peer.</summary>
internal static class MemoryBench
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);
    private const string Consul = "consul";
    private static readonly string[] Parts = ["Nexus.Orchestrator", "Nexus.Gateway", "Nexus.WorkerAgent", Consul];

    public static async Task<string> RunAsync(BenchCluster cluster, CancellationToken cancellationToken)
    {
        await cluster.SettledAsync(cancellationToken);
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        var figures = Parts.Select(ReadMemory).ToList();
        var consul = figures.Single(f => f.Part == Consul);
        var ours = figures.Where(f => f.Part != Consul).ToList();
        return $"memory: resident {string.Join(", ", figures.Select(f => $"{f.Part} {f.Resident:0} MB"))}; orchestrator + gateway + agent "
            + $"{ours.Sum(f => f.Resident):0} MB, with the pages they share counted once {ours.Sum(f => f.Proportional):0} MB "
            + $"({ours.Sum(f => f.Proportional) / consul.Proportional:0.0}× a Consul server)";
    }

    /// <summary>The first child of this process that runs a part: resident, and with shared pages divided among their users.</summary>
    private static Memory ReadMemory(string part)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (Field(File.ReadAllLines(Path.Combine(folder, "status")), "PPid") == Environment.ProcessId
                    && command.Contains(part, StringComparison.Ordinal))
                {
                    var lines = File.ReadAllLines(Path.Combine(folder, "smaps_rollup"));
                    return new Memory(part, Field(lines, "Rss") / 1024.0, Field(lines, "Pss") / 1024.0);
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        throw new InvalidOperationException($"No child process runs {part}.");
    }

    private static long Field(string[] lines, string name) => long.Parse(
        lines.First(l => l.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);

    private sealed record Memory(string Part, double Resident, double Proportional);
}
