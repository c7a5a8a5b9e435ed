using System.Security.Cryptography;
using System.Text;
using Nexus.AppHost.Publishing;
using Nexus.Core.Spec;
using Nexus.Manifests;

namespace Nexus.AppHost;

/// <summary>What the command line asks for: the cluster's shape, its spec, and where it is to run.</summary>
internal sealed class ClusterOptions
{
    /// <summary>The command line in words.</summary>
    public const string Usage = """
        dotnet run --project Nexus.AppHost -- [options]
          --spec FILE           the spec to apply (samples/nexus.yaml)
          --topology NAME       single: one of each; small: two workers; three: three of each; ha: three managers,
                                three Consul servers, two gateways, six workers (small). In a local run the counts below change a part of it:
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

        dotnet run --project Nexus.AppHost -- --operation publish --output-path FOLDER [options]
          --topology NAME       the machines (small)
          --target KIND         what runs on them: compose or systemd (compose)
          --arch KIND           their processor: arm64 or amd64 (arm64)
          --nodes LIST          their private addresses, NAME=ADDRESS,…, or a file of such lines (placeholders)
          --image-prefix TEXT   registry, and path in it, before the names of our images ()
          --runtime KIND        how pools run: docker, or process with systemd only (docker)
          --spec FILE, --gateway-port N as above
        """;

    private const string SampleImage = "nexus/sample-web:local";

    /// <summary>Whether files are written, in place of a local run.</summary>
    public required bool IsPublished { get; init; }

    /// <summary>The machines of the topology that was asked for.</summary>
    public required ClusterTopology Topology { get; init; }

    /// <summary>What runs on them.</summary>
    public required DeploymentTarget Target { get; init; }

    /// <summary>The processor of published machines.</summary>
    public required string Architecture { get; init; }

    /// <summary>What stands before the names of our images.</summary>
    public required string ImagePrefix { get; init; }

    /// <summary>The names of the Consul servers.</summary>
    public required IReadOnlyList<string> Consuls { get; init; }

    /// <summary>The names of the managers.</summary>
    public required IReadOnlyList<string> Managers { get; init; }

    /// <summary>The names of the gateways.</summary>
    public required IReadOnlyList<string> Gateways { get; init; }

    /// <summary>The names of the worker nodes.</summary>
    public required IReadOnlyList<string> Workers { get; init; }

    /// <summary>Where clients reach the first gateway.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Where the first manager's API answers.</summary>
    public required int ApiPort { get; init; }

    /// <summary>Where the first Consul server's API and UI answer.</summary>
    public required int ConsulPort { get; init; }

    /// <summary>The spec to apply, an absolute path.</summary>
    public required string SpecFile { get; init; }

    /// <summary>The spec as read.</summary>
    public required ClusterSpec Spec { get; init; }

    /// <summary>What this machine has to offer.</summary>
    public required LocalMachine Machine { get; init; }

    /// <summary>Root of the repository.</summary>
    public required string Root { get; init; }

    /// <summary>Folder of everything a local run writes.</summary>
    public required string StateDirectory { get; init; }

    /// <summary><c>docker</c> or <c>process</c>.</summary>
    public string Runtime => Machine.Runtime;

    /// <summary>Where the nexus command finds the spec.</summary>
    public string SpecPath => IsPublished ? "/etc/nexus/nexus.yaml" : SpecFile;

    /// <summary>Labels the containers, so that two checkouts on one machine never touch each other's.</summary>
    public string Label => IsPublished ? Spec.Cluster.ToString()
        : "local-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StateDirectory)))[..8];
    /// <summary>Where clients reach a gateway. In a local run only the first has a port that one can know.</summary>
    public int? PortOfGateway(int index) => index == 0 || IsPublished ? GatewayPort + index : null;

    /// <summary>Whether a pool is the sample app.</summary>
    public bool RunsSample => Spec.Pools.Any(p => p.Template.Image == SampleImage);

    /// <summary>Whether a pool asks for the image that is made here.</summary>
    public bool NeedsSampleImage => !IsPublished && Runtime == "docker" && RunsSample;

    /// <summary>State folder of one part.</summary>
    public string StateOf(string part) => IsPublished ? "/var/lib/nexus" : Path.Combine(StateDirectory, part);

    /// <summary>A port inside a container; on this machine any port will do.</summary>
    public int? InContainer(int port) => IsPublished ? port : null;

    /// <summary>The choice in one line.</summary>
    public string Describe() => IsPublished
        ? $"Nexus for {Count(Topology.Machines.Length, "machine")} ({Topology.Name}, {Target.ToString().ToLowerInvariant()}), {Count(Spec.Pools.Length, "pool")} of {SpecName}."
        : $"Nexus local cluster: {Count(Consuls.Count, "Consul server")}, {Count(Managers.Count, "manager")}, {Count(Gateways.Count, "gateway")}, "
        + $"{Count(Workers.Count, "worker")}, {Count(Spec.Pools.Length, "pool")} of {SpecName}; "
        + $"pools run as {(Runtime == "docker" ? "containers" : "processes")} ({Machine.RuntimeReason}).";

    private string SpecName =>
        Path.GetRelativePath(Directory.GetCurrentDirectory(), SpecFile) is var path && path.StartsWith("..", StringComparison.Ordinal) ? SpecFile : path;

    /// <summary>Reads the command line; null after it has said on <paramref name="errors"/> what is wrong.</summary>
    public static async Task<ClusterOptions?> ReadAsync(
        string[] args, IDistributedApplicationBuilder builder, TextWriter errors, CancellationToken cancellationToken)
    {
        var arguments = new ClusterArguments(args, builder.Configuration);
        if (arguments.Problems.Count > 0)
        {
            await errors.WriteLineAsync(string.Join(Environment.NewLine, [.. arguments.Problems, Usage]));
            return null;
        }

        var published = builder.ExecutionContext.IsPublishMode;
        var root = Path.GetDirectoryName(builder.AppHostDirectory)!;
        var topology = arguments.Topology();
        var target = arguments.Target();
        var consuls = arguments.Consuls(topology);
        var specFile = Path.GetFullPath(builder.Configuration["spec"] ?? Path.Combine(root, "samples", "nexus.yaml"));
        var spec = await arguments.SpecAsync(specFile, cancellationToken);
        var machine = published
            ? LocalMachine.ForPublish(arguments, target)
            : await LocalMachine.LookAsync(arguments, root, consuls.Count, cancellationToken);
        var options = new ClusterOptions
        {
            IsPublished = published,
            Topology = topology,
            Target = target,
            Architecture = arguments.Architecture(),
            ImagePrefix = arguments.ImagePrefix(),
            Consuls = consuls,
            Managers = arguments.Names(topology, MachineRoles.Manager, "managers", 5, n => $"manager-{n}"),
            Gateways = arguments.Names(topology, MachineRoles.Gateway, "gateways", 5, n => n == 1 ? "gateway" : $"gateway-{n}"),
            Workers = arguments.Names(topology, MachineRoles.Worker, "workers", 20, n => $"worker-{n}"),
            GatewayPort = arguments.Port("gateway-port", 8080),
            ApiPort = arguments.Port("api-port", 8420),
            ConsulPort = arguments.Port("consul-port", 8500),
            SpecFile = specFile,
            Spec = spec!,
            Machine = machine,
            Root = root,
            StateDirectory = Path.Combine(
                Path.GetFullPath(builder.Configuration["Hosting:StateDirectory"] ?? ".nexus", builder.AppHostDirectory), "cluster"),
        };
        if (!published)
        {
            arguments.RequireDistinct(
                ("gateway-port", options.GatewayPort), ("api-port", options.ApiPort), ("consul-port", options.ConsulPort));
        }

        else if (spec is not null)
        {
            arguments.Problems.AddRange(PublishedFiles.FindProblems(options));
            foreach (var warning in arguments.Problems.Count == 0 ? PublishWarnings.Of(arguments, options) : [])
            {
                await errors.WriteLineAsync($"warning: {warning}");
            }
        }

        foreach (var problem in arguments.Problems)
        {
            await errors.WriteLineAsync(problem);
        }

        return arguments.Problems.Count > 0 || spec is null ? null : options;
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
