using System.Globalization;

namespace Nexus.Bench.Cluster;

/// <summary>Resident memory of each part after half a minute of rest, beside Consul's as the peer.</summary>
internal static class MemoryBench
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);
    private static readonly string[] Parts = ["Nexus.Orchestrator", "Nexus.Gateway", "Nexus.WorkerAgent", "consul"];

    public static async Task<string> RunAsync(BenchCluster cluster, CancellationToken cancellationToken)
    {
        await cluster.SettledAsync(cancellationToken);
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        var figures = Parts.Select(part => (Part: part, Megabytes: ResidentOf(part))).ToList();
        var ours = figures.Where(f => f.Part != "consul").Sum(f => f.Megabytes);
        var consul = figures.Single(f => f.Part == "consul").Megabytes;
        return $"memory: {string.Join(", ", figures.Select(f => $"{f.Part} {f.Megabytes:0} MB"))}; "
            + $"orchestrator + gateway + agent {ours:0} MB ({ours / consul:0.0}× a Consul server)";
    }

    /// <summary>Resident megabytes of the first child of this process that runs a part.</summary>
    private static double ResidentOf(string part)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                var lines = File.ReadAllLines(Path.Combine(folder, "status"));
                var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (Field(lines, "PPid") == Environment.ProcessId && command.Contains(part, StringComparison.Ordinal))
                {
                    return Field(lines, "VmRSS") / 1024.0;
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
}
