using Nexus.Manifests;

namespace Nexus.AppHost;

/// <summary>What this machine has to offer a local run.</summary>
/// <param name="Runtime"><c>docker</c> or <c>process</c>.</param>
/// <param name="RuntimeReason">Why that.</param>
/// <param name="Consul">Path of a consul program; null where only its image can be had.</param>
internal sealed record LocalMachine(string Runtime, string RuntimeReason, string? Consul)
{
    /// <summary>This machine's address on the containers' bridge; null where pools run as processes, or there is none.</summary>
    public string? Bridge { get; init; }

    /// <summary>Nothing of this machine matters: the files are for others.</summary>
    public static LocalMachine ForPublish(ClusterArguments arguments, DeploymentTarget target)
    {
        switch (arguments["runtime"])
        {
            case null or "auto" or "docker":
                break;
            case "process" when target == DeploymentTarget.Systemd:
                return new LocalMachine("process", "asked for by --runtime", null);
            case "process":
                arguments.Problems.Add("--runtime process: goes with --target systemd only; in containers pools run on docker.");
                break;
            default:
                arguments.Problems.Add($"--runtime: found '{arguments["runtime"]}'; allowed are docker, process and auto.");
                break;
        }

        return new LocalMachine("docker", "published", null);
    }

    /// <summary>Looks for a container engine and a consul program.</summary>
    public static async Task<LocalMachine> LookAsync(
        ClusterArguments arguments, string root, int consuls, CancellationToken cancellationToken)
    {
        var engine = LookForEngineAsync(arguments["runtime"], cancellationToken);
        var (consul, trouble) = await ConsulProgram.FindAsync(root, cancellationToken);
        var (runtime, reason, refusal) = await engine;
        if (refusal is not null)
        {
            arguments.Problems.Add(refusal);
        }

        if (consul is null && runtime != "docker")
        {
            arguments.Problems.Add(trouble);
        }
        else if (consul is null && await ContainerEngine.PullAsync(ClusterResources.ConsulImage, cancellationToken) is { } noImage)
        {
            arguments.Problems.Add($"{trouble}{Environment.NewLine}Nor can its image be had: {noImage}");
        }

        if (consul is null && consuls > 1)
        {
            arguments.Problems.Add($"--consuls {consuls}: needs a consul program on this machine. {trouble}");
        }

        var bridge = runtime == "docker" ? await ContainerEngine.BridgeAsync(cancellationToken) : null;
        return new LocalMachine(runtime, reason, consul) { Bridge = bridge };
    }

    private static async Task<(string Runtime, string Reason, string? Refusal)> LookForEngineAsync(
        string? asked, CancellationToken cancellationToken)
    {
        switch (asked)
        {
            case "process":
                return ("process", "asked for by --runtime", null);
            case "docker" or null or "auto":
                var (answers, words) = await ContainerEngine.ProbeAsync(cancellationToken);
                return (answers ? "docker" : "process", words, answers || asked != "docker" ? null : $"--runtime docker: {words}");
            default:
                return ("process", "", $"--runtime: found '{asked}'; allowed are docker, process and auto.");
        }
    }
}
