using System.Globalization;

namespace Nexus.Gateway.Limits;

/// <summary>
/// How many files this process may have open, which is how many connections. A process that runs out of them can neither accept nor connect,
/// and .NET ends one that cannot make memory executable for want of a file.
/// </summary>
internal static class OpenFiles
{
    private const string Source = "/proc/self/limits";
    private const int Unlimited = 1_000_000;

    // Libraries, listeners, logs, Consul's watches, agents' streams, the routing file.
    private const int Others = 256;

    /// <summary>The limit of the process; where the system does not say, as good as none.</summary>
    public static int Limit { get; } = File.Exists(Source) ? Read(File.ReadLines(Source)) : Unlimited;

    /// <summary>Connections of clients there is room for on one listener.</summary>
    public static int ForClients() => ForClients(Limit);

    /// <summary>Connections to replicas there is room for beside them.</summary>
    public static int ForReplicas() => ForReplicas(Limit);

    internal static int ForClients(int limit) => Math.Max(limit / 2, 16);

    internal static int ForReplicas(int limit) => Math.Max((limit / 2) - Others, 16);

    /// <summary>The soft limit, which .NET raises to the hard one when it starts.</summary>
    internal static int Read(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        var words = lines.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal))?[Name.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var soft, ..] && int.TryParse(soft, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? Math.Min(limit, Unlimited)
            : Unlimited;
    }
}
