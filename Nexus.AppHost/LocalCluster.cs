using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Nexus.Core.Spec;

namespace Nexus.AppHost;

/// <summary>What the command line asks of the local cluster: its shape, its spec, its runtime.</summary>
internal sealed class LocalCluster
{
    /// <summary>The command line in words.</summary>
    public const string Usage = """
        dotnet run --project Nexus.AppHost -- [options]
          --spec FILE           the spec to apply (samples/nexus.yaml)
          --topology NAME       single: one of each; small: two workers; ha: three managers, three Consul servers, two
                                gateways, six workers (small). The counts below change a part of it:
          --workers N           worker nodes, 1 to 20
          --managers N          managers, 1 to 5
          --gateways N          gateways, 1 to 5; the second and later ones listen on ports of their own
          --consuls N           Consul servers: 1, 3 or 5
          --runtime KIND        how pools run: docker, process, or auto: docker if an engine answers (auto)
          --gateway-port N      where clients come in (8080)
          --api-port N          the first manager's API, where the nexus command looks for it (8420)
          --consul-port N       Consul's API and UI (8500)
          --logs true           the parts' logs on the console too
          --no-dashboard        no dashboard; its port: --Dashboard:Port N (18888)
        """;

    private static readonly string[] Options = ["spec", "topology", "workers", "managers", "gateways", "consuls", "runtime", "gateway-port", "api-port", "consul-port", "logs", "no-dashboard"];

    private const string SampleImage = "nexus/sample-web:local";

    private LocalCluster(string root, ClusterSpec spec)
    {
        Root = root;
        Spec = spec;
    }

    /// <summary>Where clients reach the gateway.</summary>
    public int GatewayPort { get; private init; }

    /// <summary>Where the first manager's API answers.</summary>
    public int ApiPort { get; private init; }

    /// <summary>Where Consul's API and UI answer.</summary>
    public int ConsulPort { get; private init; }

    /// <summary>Managers to run.</summary>
    public int Managers { get; private init; }

    /// <summary>Gateways to run.</summary>
    public int Gateways { get; private init; }

    /// <summary>Consul servers to run.</summary>
    public int Consuls { get; private init; }

    /// <summary>Worker nodes to run.</summary>
    public int Workers { get; private init; }

    /// <summary>The spec to apply, an absolute path.</summary>
    public required string SpecFile { get; init; }

    /// <summary><c>docker</c> or <c>process</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>Why that runtime.</summary>
    public required string RuntimeReason { get; init; }

    /// <summary>Path of a consul program; null where only its image can be had.</summary>
    public string? ConsulProgram { get; private init; }

    /// <summary>Folder of everything this run writes.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Root of the repository.</summary>
    public string Root { get; }

    /// <summary>The spec as read.</summary>
    public ClusterSpec Spec { get; }

    /// <summary>Labels the containers, so that two checkouts on one machine never touch each other's.</summary>
    public string Label => "local-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StateDirectory)))[..8];

    /// <summary>Whether a pool asks for the image that is made here.</summary>
    public bool NeedsSampleImage => Runtime == "docker" && Spec.Pools.Any(p => p.Template.Image == SampleImage);

    /// <summary>State folder of one part.</summary>
    public string StateOf(string part) => Path.Combine(StateDirectory, part);

    /// <summary>Removes the state of an earlier run: Consul starts empty, so what others remember of it would mislead them.</summary>
    public void Clear()
    {
        if (Directory.Exists(StateDirectory))
        {
            Directory.Delete(StateDirectory, recursive: true);
        }
    }

    /// <summary>The choice in one line.</summary>
    public string Describe() =>
        $"Nexus local cluster: {Count(Consuls, "Consul server")}, {Count(Managers, "manager")}, {Count(Gateways, "gateway")}, {Count(Workers, "worker")}, {Count(Spec.Pools.Length, "pool")} of "
        + $"{Path.GetRelativePath(Directory.GetCurrentDirectory(), SpecFile)}; pools run as {(Runtime == "docker" ? "containers" : "processes")} ({RuntimeReason}).";

    /// <summary>Reads the command line; null after it has said on <paramref name="errors"/> what is wrong.</summary>
    public static async Task<LocalCluster?> ReadAsync(
        string[] args, IConfiguration configuration, string appHostDirectory, TextWriter errors, CancellationToken cancellationToken)
    {
        var root = Path.GetDirectoryName(appHostDirectory)!;
        var problems = UnknownOptions(args);
        if (problems.Count > 0)
        {
            await errors.WriteLineAsync(string.Join(Environment.NewLine, [.. problems, Usage]));
            return null;
        }

        var usual = Topology.Find(configuration["topology"] ?? "small");
        if (usual is null)
        {
            problems.Add($"--topology: found '{configuration["topology"]}'; allowed are {Topology.Names}.");
            usual = Topology.Small;
        }

        var managers = ReadCount(configuration, "managers", 1, 5, usual.Managers, problems);
        var gateways = ReadCount(configuration, "gateways", 1, 5, usual.Gateways, problems);
        var consuls = ReadCount(configuration, "consuls", 1, 5, usual.Consuls, problems);
        if (consuls % 2 == 0)
        {
            problems.Add($"--consuls: found '{consuls}'; allowed are 1, 3 and 5, for a quorum of an even number survives no more than of one less.");
        }

        var workers = ReadCount(configuration, "workers", 1, 20, usual.Workers, problems);
        var gatewayPort = ReadCount(configuration, "gateway-port", 1, 65535, 8080, problems);
        var apiPort = ReadCount(configuration, "api-port", 1, 65535, 8420, problems);
        var consulPort = ReadCount(configuration, "consul-port", 1, 65535, 8500, problems);
        var (runtime, reason) = await ReadRuntimeAsync(configuration["runtime"], problems, cancellationToken);
        var specFile = Path.GetFullPath(configuration["spec"] ?? Path.Combine(root, "samples", "nexus.yaml"));
        var spec = await ReadSpecAsync(specFile, problems, cancellationToken);
        var (consul, trouble) = await Nexus.AppHost.ConsulProgram.FindAsync(root, cancellationToken);
        if (consul is null && runtime != "docker")
        {
            problems.Add(trouble);
        }

        if (consul is null && consuls > 1)
        {
            problems.Add($"--consuls {consuls}: needs a consul program on this machine. {trouble}");
        }

        problems.ForEach(errors.WriteLine);
        return problems.Count > 0 || spec is null ? null : new LocalCluster(root, spec)
        {
            Managers = managers,
            Gateways = gateways,
            Consuls = consuls,
            GatewayPort = gatewayPort,
            ApiPort = apiPort,
            ConsulPort = consulPort,
            Workers = workers,
            SpecFile = specFile,
            Runtime = runtime,
            RuntimeReason = reason,
            ConsulProgram = consul,
            StateDirectory = Path.Combine(
                Path.GetFullPath(configuration["Hosting:StateDirectory"] ?? ".nexus", appHostDirectory), "cluster"),
        };
    }

    /// <summary>Words that are no option of ours, nor a setting of the engine (<c>Section:Key</c>), which would be ignored in silence.</summary>
    private static List<string> UnknownOptions(string[] args)
    {
        var unknown = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].TrimStart('-').Split('=')[0];
            if (args[i].StartsWith('-') && (Options.Contains(name, StringComparer.OrdinalIgnoreCase) || name.Contains(':', StringComparison.Ordinal)))
            {
                i += args[i].Contains('=', StringComparison.Ordinal) || i + 1 == args.Length || args[i + 1].StartsWith('-') ? 0 : 1;
            }
            else
            {
                unknown.Add($"'{args[i]}' is no option; there are:");
            }
        }

        return unknown;
    }

    private static int ReadCount(IConfiguration configuration, string name, int least, int most, int usual, List<string> problems)
    {
        var text = configuration[name];
        if (text is null)
        {
            return usual;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least && count <= most)
        {
            return count;
        }

        problems.Add($"--{name}: found '{text}'; allowed is a whole number from {least} to {most}.");
        return usual;
    }

    private static async Task<(string Runtime, string Reason)> ReadRuntimeAsync(
        string? asked, List<string> problems, CancellationToken cancellationToken)
    {
        switch (asked)
        {
            case "process":
                return ("process", "asked for by --runtime");
            case "docker" or null or "auto":
                var (answers, words) = await ContainerEngine.ProbeAsync(cancellationToken);
                if (!answers && asked == "docker")
                {
                    problems.Add($"--runtime docker: {words}");
                }

                return (answers ? "docker" : "process", words);
            default:
                problems.Add($"--runtime: found '{asked}'; allowed are docker, process and auto.");
                return ("process", "");
        }
    }

    private static async Task<ClusterSpec?> ReadSpecAsync(string file, List<string> problems, CancellationToken cancellationToken)
    {
        string yaml;
        try
        {
            yaml = await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"--spec: {e.Message}");
            return null;
        }

        var read = SpecReader.Read(yaml, file);
        problems.AddRange(read.Problems.Where(p => p.Severity == SpecSeverity.Error).Select(p => p.Format(file)));
        return read.Spec;
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
