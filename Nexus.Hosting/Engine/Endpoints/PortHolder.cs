using System.Globalization;

namespace Nexus.Hosting.Engine.Endpoints;

/// <summary>Says who listens on a TCP port; Linux only, and only as far as the system lets us look.</summary>
internal static class PortHolder
{
    private const string ListenState = "0A";

    /// <summary>The process and its command line, or nothing when they cannot be found out.</summary>
    public static string? Describe(int port)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var sockets = ListeningInodes(port).Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        var holder = sockets.Count == 0 ? null : ProcessIds().Cast<int?>().FirstOrDefault(pid => HoldsAny(pid!.Value, sockets));
        return holder is { } found ? $"pid {found} ({CommandLine(found)})" : null;
    }

    private static IEnumerable<string> ListeningInodes(int port)
    {
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            foreach (var line in File.Exists(table) ? File.ReadAllLines(table).Skip(1) : [])
            {
                // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
                var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length > 9 && columns[3] == ListenState
                    && int.Parse(columns[1][(columns[1].LastIndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) == port)
                {
                    yield return columns[9];
                }
            }
        }
    }

    private static IEnumerable<int> ProcessIds() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0);

    private static bool HoldsAny(int pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Replace('\0', ' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "unknown command";
        }
    }
}
