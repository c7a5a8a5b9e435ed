using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Sections;
using Nexus.Manifests;

namespace Nexus.AppHost;

/// <summary>Reads the command line one option after the other, and keeps all that is wrong with it.</summary>
internal sealed partial class ClusterArguments
{
    private static readonly string[] Known =
    [
        "spec", "topology", "workers", "managers", "gateways", "consuls", "runtime", "gateway-port", "api-port", "consul-port", "logs", "no-dashboard",
        "target", "arch", "nodes", "image-prefix", "operation", "step", "output-path", "log-level", "environment",
    ];

    // They may stand without a value.
    private static readonly string[] Switches = ["logs", "no-dashboard"];

    private readonly IConfiguration _configuration;
    private readonly bool _publishes;

    public ClusterArguments(string[] args, IConfiguration configuration)
    {
        _configuration = configuration;
        Problems = WrongWords(args);
        if (configuration["operation"] is { } operation && operation is not ("run" or "publish"))
        {
            Problems.Add($"--operation: found '{operation}'; allowed are run and publish.");
        }

        _publishes = configuration["operation"] == "publish";
    }

    /// <summary>What is wrong, each in a sentence with what is allowed.</summary>
    public List<string> Problems { get; }

    /// <summary>The word after an option; null when it is not there.</summary>
    public string? this[string option] => _configuration[option];

    public ClusterTopology Topology()
    {
        var name = this["topology"] ?? ClusterTopologies.Small.Name;
        if (ClusterTopologies.TryFind(name, out var topology))
        {
            return WithAddresses(topology);
        }

        Problems.Add($"--{ClusterTopologies.Refusal(name)}");
        return ClusterTopologies.Small;
    }

    public DeploymentTarget Target()
    {
        OnlyWhenPublishing("target");
        OnlyWhenPublishing("output-path");
        OnlyWhenPublishing("step");
        switch (this["target"])
        {
            case null or "compose":
                return DeploymentTarget.Compose;
            case "systemd":
                return DeploymentTarget.Systemd;
            default:
                Problems.Add($"--target: found '{this["target"]}'; allowed are compose and systemd.");
                return DeploymentTarget.Compose;
        }
    }

    /// <summary>The processor of the machines, in the bundles' word for it.</summary>
    public string Architecture()
    {
        OnlyWhenPublishing("arch");
        switch (this["arch"])
        {
            case null or "arm64":
                return "arm64";
            case "amd64" or "x64":
                return "amd64";
            default:
                Problems.Add($"--arch: found '{this["arch"]}'; allowed are arm64 and amd64.");
                return "arm64";
        }
    }

    /// <summary>What stands before the names of our images; empty for the engine's default.</summary>
    public string ImagePrefix()
    {
        OnlyWhenPublishing("image-prefix");
        var prefix = this["image-prefix"] ?? "";
        if (prefix.Length > 0 && !ImagePath().IsMatch(prefix))
        {
            Problems.Add($"--image-prefix: found '{prefix}'; it must be HOST[:PORT][/PATH], in small letters, digits, dots, dashes and underscores.");
            return "";
        }

        return prefix;
    }

    public IReadOnlyList<string> Consuls(ClusterTopology topology)
    {
        var names = Names(topology, MachineRoles.ConsulServer, "consuls", 5, n => $"consul-{n}");
        if (names.Count % 2 == 0)
        {
            Problems.Add(
                $"--consuls: found '{names.Count}'; allowed are 1, 3 and 5: an even number survives no more failures than one server less.");
        }

        return names.Count == 1 ? ["consul"] : names;
    }

    /// <summary>The parts of one kind: as many as the topology has machines for, unless the option says otherwise.</summary>
    public IReadOnlyList<string> Names(ClusterTopology topology, MachineRoles role, string option, int most, Func<int, string> name)
    {
        if (_publishes && this[option] is not null)
        {
            Problems.Add($"--{option}: changes a local run only; what is published has the machines of its --topology.");
        }

        var count = Number(option, 1, most, topology.Machines.Count(machine => machine.Roles.HasFlag(role)));
        return [.. Enumerable.Range(1, count).Select(name)];
    }

    public int Port(string option, int usual) => Number(option, 1, 65535, usual);

    /// <summary>Two parts cannot listen at one port.</summary>
    public void RequireDistinct(params IReadOnlyList<(string Option, int Port)> ports)
    {
        foreach (var same in ports.GroupBy(p => p.Port).Where(g => g.Count() > 1))
        {
            Problems.Add($"--{string.Join(" and --", same.Select(p => p.Option))}: both are {same.Key}; they have to differ.");
        }
    }

    public async Task<ClusterSpec?> SpecAsync(string file, CancellationToken cancellationToken)
    {
        string yaml;
        if (Directory.Exists(file) || !File.Exists(file))
        {
            Problems.Add($"--spec: '{file}' {(Directory.Exists(file) ? "is a folder" : "does not exist")}; it must be a spec file.");
            return null;
        }

        try
        {
            yaml = await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problems.Add($"--spec: {e.Message}");
            return null;
        }

        var read = SpecReader.Read(yaml, file);
        Problems.AddRange(read.Problems.Where(p => p.Severity == SpecSeverity.Error).Select(p => p.Format(file)));
        return read.Spec;
    }

    /// <summary>The machines at the addresses that were given, in a file or as the word itself; the topology's own are placeholders.</summary>
    private ClusterTopology WithAddresses(ClusterTopology topology)
    {
        OnlyWhenPublishing("nodes");
        if (this["nodes"] is not { } nodes)
        {
            return topology;
        }

        try
        {
            var read = NodeAddresses.Read(File.Exists(nodes) ? File.ReadAllText(nodes) : nodes, topology);
            Problems.AddRange(read.Problems.Select(problem => problem.StartsWith("nodes", StringComparison.Ordinal) ? $"--{problem}" : $"--nodes: {problem}"));
            return read.Topology ?? topology;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problems.Add($"--nodes: {e.Message}");
            return topology;
        }
    }

    private void OnlyWhenPublishing(string option)
    {
        if (!_publishes && this[option] is not null)
        {
            Problems.Add($"--{option}: is for machines of their own, so it goes with --operation publish only.");
        }
    }

    private int Number(string option, int least, int most, int usual)
    {
        var text = this[option];
        if (text is null)
        {
            return usual;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least && count <= most)
        {
            return count;
        }

        Problems.Add($"--{option}: found '{text}'; allowed is a whole number from {least} to {most}.");
        return usual;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*/?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImagePath();

    // Mistyped, or cut short.
    private static string? Near(string name) => NearestName.Find(name, Known)
        ?? Known.FirstOrDefault(option => name.Length > 2 && option.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Words that are no option of ours, nor a setting (<c>Section:Key</c>), and options without a value: both would be
    /// ignored in silence.</summary>
    private static List<string> WrongWords(string[] args)
    {
        var problems = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i].TrimStart('-').Split('=', 2) is [var left, var right] ? (left, right) : (args[i].TrimStart('-'), null);
            if (!args[i].StartsWith('-'))
            {
                problems.Add($"'{args[i]}' is no option; there are:");
                continue;
            }

            var option = args[i];
            if (value is null && i + 1 < args.Length && !args[i + 1].StartsWith('-'))
            {
                value = args[++i];
            }

            if (!Known.Contains(name, StringComparer.OrdinalIgnoreCase) && !name.Contains(':', StringComparison.Ordinal))
            {
                problems.Add($"'{option}' is no option{(Near(name) is { } near ? $"; did you mean '--{near}'?" : "; there are:")}");
                continue;
            }

            if (value is not null && Switches.Contains(name, StringComparer.OrdinalIgnoreCase) && !bool.TryParse(value, out _))
            {
                problems.Add($"--{name}: found '{value}'; allowed are true and false; there are:");
            }

            if (string.IsNullOrEmpty(value) && Known.Except(Switches).Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                problems.Add($"--{name}: its value is missing; there are:");
            }
        }

        return problems;
    }
}
