using System.Collections.Immutable;
using System.Globalization;

namespace Nexus.Cli.Push;

/// <summary>A machine of a bundle.</summary>
/// <param name="Name">Its name, which is also its node's.</param>
/// <param name="Address">Its private address.</param>
/// <param name="IsWorker">Whether it runs replicas, so that it is drained first.</param>
internal sealed record PushMachine(string Name, string Address, bool IsWorker);

/// <summary>A published bundle on this machine's disk: what its <c>cluster.env</c> and <c>nodes.tsv</c> say.</summary>
internal sealed record PushBundle
{
    /// <summary>Where in what was published the machines' folders are.</summary>
    private const string MachinesFolder = "machines";

    private static readonly string[] KnownRoles = ["consul-server", "manager", "gateway", "worker"];

    /// <summary>Where it is.</summary>
    public required string Folder { get; init; }

    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Version of Nexus in it.</summary>
    public required string Version { get; init; }

    /// <summary>Whom to log in as.</summary>
    public required string SshUser { get; init; }

    /// <summary>Port of the machines' SSH.</summary>
    public required int SshPort { get; init; }

    /// <summary>Whether machines run programs of ours as services, which go along with the bundle.</summary>
    public required bool NeedsBinaries { get; init; }

    /// <summary>The machines, in the order of a rollout.</summary>
    public required ImmutableArray<PushMachine> Machines { get; init; }

    /// <summary>The folder of one machine.</summary>
    public string FolderOf(PushMachine machine) => Path.Combine(Folder, "nodes", machine.Name);

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="CommandFailedException">It is none, or is not whole.</exception>
    public static PushBundle Read(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "cluster.env")) && File.Exists(Path.Combine(folder, MachinesFolder, "cluster.env")))
        {
            folder = Path.Combine(folder, MachinesFolder);
        }

        var settings = Settings(folder);
        var machines = Lines(folder, "nodes.tsv").Select(line => Machine(folder, line)).ToImmutableArray();
        if (machines.IsEmpty)
        {
            throw Broken(folder, "nodes.tsv names no machine");
        }

        return new PushBundle
        {
            Folder = folder,
            Cluster = Setting(folder, settings, "CLUSTER"),
            Version = Setting(folder, settings, "VERSION"),
            SshUser = Setting(folder, settings, "SSH_USER"),
            SshPort = int.TryParse(Setting(folder, settings, "SSH_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port
                : throw Broken(folder, $"cluster.env has SSH_PORT={settings["SSH_PORT"]}, which is no port"),
            NeedsBinaries = Setting(folder, settings, "TARGET") switch
            {
                "systemd" => true,
                "compose" => false,
                var other => throw Broken(folder, $"cluster.env has TARGET={other}; allowed is compose or systemd"),
            },
            Machines = machines,
        };
    }

    private static PushMachine Machine(string folder, string line)
    {
        if (line.Split('\t') is not [var name, var address, var roles] || !IsWord(name) || !IsWord(address))
        {
            throw Broken(folder, $"nodes.tsv has a line that is not name, address and roles: {line}");
        }

        var words = roles.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Except(KnownRoles).FirstOrDefault() is { } unknown)
        {
            throw Broken(folder, $"nodes.tsv gives {name} the role {unknown}; allowed are {string.Join(", ", KnownRoles)}");
        }

        if (!File.Exists(Path.Combine(folder, "nodes", name, "install.sh")))
        {
            throw Broken(folder, $"nodes/{name}/install.sh is missing");
        }

        return new PushMachine(name, address, words.Contains("worker"));
    }

    // It becomes a word of a command there.
    private static bool IsWord(string text) =>
        text.Length > 0 && text[0] != '-' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ':' or '_');

    private static Dictionary<string, string> Settings(string folder) => Lines(folder, "cluster.env")
        .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0], StringComparer.Ordinal).ToDictionary(pairs => pairs.Key, pairs => pairs.Last()[1].Trim('"'), StringComparer.Ordinal);

    private static string Setting(string folder, Dictionary<string, string> settings, string name) =>
        settings.TryGetValue(name, out var value) && value.Length > 0 ? value : throw Broken(folder, $"cluster.env does not say {name}");

    private static IEnumerable<string> Lines(string folder, string name)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(folder, name)).Where(line => line.Length > 0 && line[0] != '#');
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(
                ExitCode.Usage, $"{folder} is no published bundle: {name} cannot be read ({unreadable.Message}). The AppHost writes one with --operation publish.", unreadable);
        }
    }

    private static CommandFailedException Broken(string folder, string message) =>
        new(ExitCode.Usage, $"{folder} is no whole bundle: {message}.");
}
