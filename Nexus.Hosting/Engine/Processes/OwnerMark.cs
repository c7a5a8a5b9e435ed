using System.Globalization;
using System.Text;

namespace Nexus.Hosting.Engine.Processes;

/// <summary>A process that carries our mark.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Resource">The running copy that it, or an ancestor of it, was started as.</param>
internal sealed record OwnedProcess(int Pid, string Resource);

/// <summary>
/// The mark on every process of an application: two variables, which the process hands on to all that it starts. Finding
/// them again needs Linux, and processes of our own user.
/// </summary>
internal static class OwnerMark
{
    private const string OwnerVariable = "NEXUS_HOSTING_OWNER";
    private const string ResourceVariable = "NEXUS_HOSTING_RESOURCE";

    public static IEnumerable<KeyValuePair<string, string>> Variables(string owner, string resource) =>
        [new(OwnerVariable, owner), new(ResourceVariable, resource)];

    /// <summary>The marked processes; never this one or what started it.</summary>
    public static IReadOnlyList<OwnedProcess> Find(string owner)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var ours = SelfAndAncestors();
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && !ours.Contains(pid))
            .Select(pid => Read(pid, owner))
            .OfType<OwnedProcess>()];
    }

    private static OwnedProcess? Read(int pid, string owner)
    {
        try
        {
            var variables = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")).Split('\0');
            return variables.Contains($"{OwnerVariable}={owner}", StringComparer.Ordinal)
                ? new OwnedProcess(pid, Value(variables) ?? "unknown")
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or it is somebody else's.
            return null;
        }

        static string? Value(string[] variables) =>
            Array.Find(variables, v => v.StartsWith($"{ResourceVariable}=", StringComparison.Ordinal))?[(ResourceVariable.Length + 1)..];
    }

    private static HashSet<int> SelfAndAncestors()
    {
        var ours = new HashSet<int>();
        for (var pid = Environment.ProcessId; pid > 0 && ours.Add(pid);)
        {
            // pid (name) state ppid …; the name may hold anything, so count from its last parenthesis.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var afterName = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            pid = int.Parse(afterName[1], CultureInfo.InvariantCulture);
        }

        return ours;
    }
}
