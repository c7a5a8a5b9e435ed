using System.Globalization;
using Docker.DotNet.Models;
using Nexus.Core.Spec;

namespace Nexus.Runtime.Docker;

/// <summary>
/// What the engine is asked to create for a workload. Safe first: no capability, no new privileges, an unprivileged user,
/// bounded logs, published on one address. A template only ever takes back what it names.
/// </summary>
internal static class ContainerBlueprint
{
    public const string DefaultUser = "65532:65532";

    public static string NameOf(WorkloadSpec spec, DockerRuntimeOptions options) =>
        $"nexus-{options.Cluster}-{spec.Allocation.Value}-{spec.Attempt.ToString(CultureInfo.InvariantCulture)}";

    public static CreateContainerParameters Compute(WorkloadSpec spec, DockerRuntimeOptions options)
    {
        var template = spec.Template;
        var parameters = new CreateContainerParameters
        {
            Name = NameOf(spec, options),
            Image = template.Image,
            Cmd = template.Command.IsEmpty ? null! : [.. template.Command], // null leaves the image its own
            User = template.User ?? DefaultUser,
            Env = [.. Environment(spec, options).Select(e => $"{e.Key}={e.Value}")],
            Labels = ContainerLabels.For(spec, options),
            HostConfig = HostConfigOf(template, options),

            // An image's own check would run inside the container, at many times the cost of ours, and nobody would read it.
            Healthcheck = new HealthcheckConfig { Test = ["NONE"] },
        };
        if (template.Port is { } port)
        {
            var key = $"{port.ToString(CultureInfo.InvariantCulture)}/tcp";
            parameters.ExposedPorts = new Dictionary<string, EmptyStruct>(StringComparer.Ordinal) { [key] = default };
            parameters.HostConfig.PortBindings = new Dictionary<string, IList<PortBinding>>(StringComparer.Ordinal)
            {
                [key] = [new PortBinding { HostIP = options.PublishAddress, HostPort = HostPortOf(template) }],
            };
        }

        return parameters;
    }

    // Empty lets the engine choose.
    private static string HostPortOf(PoolTemplate template) => template.HostPort?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static SortedDictionary<string, string> Environment(WorkloadSpec spec, DockerRuntimeOptions options)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var telemetry = options.Telemetry?.VariablesOf(spec, options.Node, inContainer: true) ?? [];
        foreach (var (name, value) in telemetry.Concat(spec.Template.Env).Concat(WorkloadEnvironment.Of(spec, options.Node, spec.Template.Port)))
        {
            variables[name] = value;
        }

        return variables;
    }

    private static HostConfig HostConfigOf(PoolTemplate template, DockerRuntimeOptions options) => new()
    {
        ExtraHosts = options.Telemetry is { IsOnThisMachine: true } ? [$"{WorkloadTelemetry.HostFromContainer}:host-gateway"] : null!, // null adds none
        Memory = template.Resources.MemoryBytes,
        MemorySwap = template.Resources.MemoryBytes, // no swap on top
        NanoCPUs = template.Resources.CpuMillicores * 1_000_000L,
        PidsLimit = template.Resources.Pids > 0 ? template.Resources.Pids : null,
        Init = true, // forwards SIGTERM to programs that ignore it as process 1, and reaps
        RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
        LogConfig = new LogConfig
        {
            Type = "json-file",
            Config = new Dictionary<string, string>(StringComparer.Ordinal) { ["max-size"] = "10m", ["max-file"] = "3" },
        },
        SecurityOpt = ["no-new-privileges"],
        CapDrop = ["ALL"],
        CapAdd = [.. template.Capabilities],
        ReadonlyRootfs = template.ReadOnly,
        Tmpfs = template.NeedsScratch
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["/tmp"] = "rw,nosuid,nodev,mode=1777,size=64m" }
            : null,
        Mounts = [.. template.Volumes.Select(MountOf)],
    };

    // As mounts, not binds: a missing directory is then an error that names it, not an empty directory of root's.
    private static Mount MountOf(VolumeSpec volume) => new()
    {
        Type = volume.Source.StartsWith('/') ? "bind" : "volume",
        Source = volume.Source,
        Target = volume.Target,
        ReadOnly = volume.ReadOnly,
    };
}
