using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Nexus.Cli.Drills.Sight;

/// <summary>
/// A process of this machine and all it takes to start it again, read from /proc while it lives.
/// </summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Pid">Its id.</param>
/// <param name="Program">Its executable.</param>
/// <param name="Arguments">Its arguments, without the program's name.</param>
/// <param name="Environment">Its variables.</param>
/// <param name="Directory">Its working directory.</param>
/// <param name="Output">The file its output goes to; null when that is no file.</param>
/// <param name="Supervised">Whether systemd starts it again.</param>
/// <param name="StartedAt">When it started, in ticks since boot: another value is another process of the same id.</param>
internal sealed record LocalProcess(
    string Name, int Pid, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment,
    string Directory, string? Output, bool Supervised, ulong StartedAt)
{
    /// <summary>Reads a process; null, with the reason, when it cannot be killed and started again from here.</summary>
    public static LocalProcess? TryRead(string name, int pid, out string? obstacle)
    {
        try
        {
            var proc = $"/proc/{pid}";
            if (!System.IO.Directory.Exists(proc))
            {
                obstacle = $"{name}: there is no process {pid}";
                return null;
            }

            if (Link($"{proc}/ns/mnt") != Link("/proc/self/ns/mnt"))
            {
                obstacle = $"{name} (process {pid}) runs in a container, and is not started again from outside of it";
                return null;
            }

            var words = Strings($"{proc}/cmdline");
            var environment = Strings($"{proc}/environ").Select(e => e.Split('=', 2)).Where(e => e.Length == 2)
                .GroupBy(e => e[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
            var output = Link($"{proc}/fd/1");
            obstacle = null;
            return new LocalProcess(
                name, pid, Link($"{proc}/exe").Replace(" (deleted)", "", StringComparison.Ordinal), words[1..], environment, Link($"{proc}/cwd"),
                File.Exists(output) && !output.StartsWith("/dev/", StringComparison.Ordinal) ? output : null,
                IsSupervised(File.ReadAllText($"{proc}/cgroup")), StartTime(pid) ?? 0);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            obstacle = $"{name} (process {pid}) cannot be looked at: {unreadable.Message}";
            return null;
        }
    }

    /// <summary>Whether this very process still exists (a zombie does not).</summary>
    public bool IsAlive() => StartTime(Pid) == StartedAt;

    /// <summary>Starts it again as it was, detached from this command.</summary>
    /// <param name="logDirectory">Where its output goes when it had no file.</param>
    public LocalProcess StartAgain(string logDirectory)
    {
        const string Script = "log=$1; shift; exec setsid \"$@\" </dev/null >>\"$log\" 2>&1";
        var log = Output ?? Path.Combine(logDirectory, $"nexus-drill-{Name}.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", log, Program, .. Arguments])
        {
            WorkingDirectory = Directory,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start) ?? throw new DrillFailedException($"{Name} could not be started again");
        return this with { Pid = process.Id, Output = log, StartedAt = StartTime(process.Id) ?? 0 };
    }

    /// <summary>Start time of a process that lives; null for none and for a zombie.</summary>
    internal static ulong? StartTime(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether a process belongs to a unit of systemd that is a service, whose <c>Restart=</c> starts it again.</summary>
    internal static bool IsSupervised(string cgroup) => cgroup.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Any(l => l.Contains("system.slice/", StringComparison.Ordinal) && l.TrimEnd().EndsWith(".service", StringComparison.Ordinal));

    private static string Link(string path) => new FileInfo(path).LinkTarget
        ?? throw new IOException($"{path} is no link");

    private static string[] Strings(string path) =>
        Encoding.UTF8.GetString(File.ReadAllBytes(path)).TrimEnd('\0').Split('\0');
}
