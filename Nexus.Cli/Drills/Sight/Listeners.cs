using System.Globalization;

namespace Nexus.Cli.Drills.Sight;

/// <summary>Which process of this machine listens on a TCP port.</summary>
internal static class Listeners
{
    private const string Listening = "0A";

    /// <summary>The process that listens on a port; null when none does that may be looked at.</summary>
    public static int? FindPid(int port)
    {
        var sockets = Inodes("/proc/net/tcp", port).Concat(Inodes("/proc/net/tcp6", port)).Select(i => $"socket:[{i}]")
            .ToHashSet(StringComparer.Ordinal);
        return sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Holds(pid, sockets))
            .Select(pid => (int?)pid).FirstOrDefault();
    }

    /// <summary>Inodes of the sockets that listen on a port, from the text of /proc/net/tcp.</summary>
    internal static IEnumerable<string> Inodes(IEnumerable<string> lines, int port)
    {
        var suffix = $":{port:X4}";
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return fields[9];
            }
        }
    }

    private static IEnumerable<string> Inodes(string file, int port) => File.Exists(file) ? Inodes(File.ReadLines(file), port) : [];

    private static bool Holds(int pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd")
                .Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
