using System.Collections.Immutable;

namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of a pool that make up its template.</summary>
internal static class TemplateKeys
{
    private const int MaxEntries = 256;

    // An engine takes 255, and puts docker.io/library/ in front of a name without a registry.
    private const int MaxRepository = 237;

    // What stands before the first slash is a registry only with a dot or a port, or as localhost.
    private const string DnsLabel = "[a-zA-Z0-9]([a-zA-Z0-9\\-]*[a-zA-Z0-9])?";

    private static readonly TextValue Image = new(
        "an image such as nginx:1.27 or ghcr.io/org/app@sha256:…",
        $@"((localhost|{DnsLabel}(\.{DnsLabel})+)(:[0-9]+)?/|{DnsLabel}:[0-9]+/)?"
        + @"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127})?(@sha256:[a-f0-9]{64})?")
    {
        MaxLength = 512,
        Objection = image => RepositoryOf(image).Length > MaxRepository ? $"a repository has at most {MaxRepository} characters"
            : image.Split('/')[0].Split(':') is [_, var port] && image.Contains('/') && !ushort.TryParse(port, out _) ? $"'{port}' is no port"
            : image.Length == 64 && image.All(char.IsAsciiHexDigit) ? "64 hexadecimal digits are an image's id, which no machine can pull"
            : null,
    };

    /// <summary>The name of an environment variable.</summary>
    public static readonly TextValue EnvName = new("a name of letters, digits, _ . and -, not starting with a digit", @"[A-Za-z_][A-Za-z0-9_.\-]*")
    {
        Objection = name => name == "PORT" || name.StartsWith("NEXUS_", StringComparison.Ordinal)
            ? "PORT and NEXUS_* are set by the worker agent"
            : null,
    };

    private static readonly TextValue EnvValue = new("a text, number or boolean; \"\" for an empty text", TextValue.AnyText)
    {
        MaxLength = 32 * 1024,
        TakesAnyScalar = true,
    };

    private static readonly Section<ResourceSpec> Resources = new(new ResourceSpec(),
    [
        new SpecKey<ResourceSpec, int>("cpu", new CpuValue(), r => r.CpuMillicores,
            (r, v) => r with { CpuMillicores = v },
            "CPU, as a limit and as what placement reserves; 0 is no limit and reserves nothing."),
        new SpecKey<ResourceSpec, long>("memory", new MemoryValue(), r => r.MemoryBytes,
            (r, v) => r with { MemoryBytes = v },
            "Memory, as a limit and as what placement reserves; 0 is no limit and reserves nothing."),
        new SpecKey<ResourceSpec, int>("pids", new WholeValue(0, 1_000_000), r => r.Pids, (r, v) => r with { Pids = v },
            "Processes and threads; 0 is no limit."),
    ]);

    private static readonly Section<RestartSpec> Restart = new(new RestartSpec(),
    [
        new SpecKey<RestartSpec, TimeSpan>("initial_delay", DurationValue.OfSeconds(0, 3600), r => r.InitialDelay,
            (r, v) => r with { InitialDelay = v },
            "Delay before the second restart in a row; the first is immediate (0.25 s for one that never served), later ones double it."),
        new SpecKey<RestartSpec, TimeSpan>("max_delay", DurationValue.OfSeconds(0, 86_400), r => r.MaxDelay,
            (r, v) => r with { MaxDelay = v },
            "Longest delay between restarts."),
        new SpecKey<RestartSpec, TimeSpan>("reset_after", DurationValue.OfSeconds(1, 86_400), r => r.ResetAfter,
            (r, v) => r with { ResetAfter = v },
            "How long a replica has to stay healthy before its restart count is reset."),
    ])
    {
        Complete = (restart, cursor) =>
        {
            if (restart.MaxDelay < restart.InitialDelay && cursor.IsSound("initial_delay", "max_delay"))
            {
                cursor.Child("max_delay").Error(
                    $"a longest delay of {Values.SpecDuration.Format(restart.MaxDelay)} is shorter than initial_delay, "
                    + Values.SpecDuration.Format(restart.InitialDelay));
            }

            return restart;
        },
    };

    private static readonly Section<DrainSpec> Drain = new(new DrainSpec(),
    [
        new SpecKey<DrainSpec, TimeSpan>("timeout", DurationValue.OfSeconds(0, 3600), d => d.Timeout,
            (d, v) => d with { Timeout = v },
            "How long requests in flight may take once no new ones are sent."),
        new SpecKey<DrainSpec, TimeSpan>("websocket_window", DurationValue.OfSeconds(0, 600), d => d.WebSocketWindow,
            (d, v) => d with { WebSocketWindow = v },
            "Window over which WebSockets are closed, each at a moment of its own, so that clients do not all return at once."),
        new SpecKey<DrainSpec, TimeSpan>("stop_timeout", DurationValue.OfSeconds(0, 3600), d => d.StopTimeout,
            (d, v) => d with { StopTimeout = v },
            "How long SIGTERM may take before SIGKILL."),
    ]);

    private static readonly Section<ProcessSpec> Process = new(new ProcessSpec(),
    [
        new SpecKey<ProcessSpec, ImmutableArray<string>>("command", new CommandValue(), null,
            (p, v) => p with { Command = v },
            "Program and arguments; {port} stands for the port it was given, which is also in PORT.") { IsRequired = true },
        new SpecKey<ProcessSpec, string>("working_directory", new TextValue("a path", @"[^\0]+") { MaxLength = 4096 },
            null,
            (p, v) => p with { WorkingDirectory = v }, "Directory it starts in; a relative one starts at the worker agent's own.")
            { DefaultNote = "the worker agent's own" },
    ]);

    private static string RepositoryOf(string image)
    {
        var name = image.Split('@')[0];
        var tag = name.IndexOf(':', Math.Max(0, name.LastIndexOf('/')));
        return tag < 0 ? name : name[..tag];
    }

    public static IReadOnlyList<SpecKey<PoolTemplate>> All { get; } =
    [
        new SpecKey<PoolTemplate, string>("image", Image, null, (t, v) => t with { Image = v },
            "Container image. Only a pool that runs as a process can do without.") { DefaultNote = "none" },
        new SpecKey<PoolTemplate, ImmutableArray<string>>("command", new CommandValue(), null,
            (t, v) => t with { Command = v },
            "Command in place of the image's own (its CMD; an ENTRYPOINT is kept and gets it as arguments).") { DefaultNote = "the image's own" },
        new SpecKey<PoolTemplate, ImmutableSortedDictionary<string, string>>("env",
            new TextMapValue("environment variables", EnvName, EnvValue, MaxEntries),
            null, (t, v) => t with { Env = v }, "Environment variables; numbers and booleans stand for their text."),
        new SpecKey<PoolTemplate, int>("port", new WholeValue(1, 65_535), null, (t, v) => t with { Port = v },
            "Port the workload listens on inside its container; it is also in PORT.") { DefaultNote = "none: the pool serves nothing" },
        new SpecKey<PoolTemplate, int>("host_port", new WholeValue(1, 65_535), null, (t, v) => t with { HostPort = v },
            "Port of the node that is bound to port; one replica fits on a node then, and a rollout stops before it starts.")
            { DefaultNote = "any free one" },
        new SpecKey<PoolTemplate, AppProtocol>("protocol",
            new ChoiceValue<AppProtocol>(("http1", AppProtocol.Http1), ("h2c", AppProtocol.H2c)),
            t => t.Protocol, (t, v) => t with { Protocol = v },
            "Protocol that gateways speak to port: http1 is HTTP/1.1, h2c is HTTP/2 without TLS (prior knowledge), as gRPC servers need it."),
        new SpecKey<PoolTemplate, ResourceSpec>("resources", Resources, t => t.Resources,
            (t, v) => t with { Resources = v },
            "Limits, and what placement reserves."),
        new SpecKey<PoolTemplate, string>("user",
            new TextValue("a uid such as 1000, or uid:gid such as 1000:1000", "[0-9]{1,10}(:[0-9]{1,10})?")
            {
                TakesAnyScalar = true,
                Objection = user => user.Split(':').All(id => long.Parse(id, System.Globalization.CultureInfo.InvariantCulture) <= int.MaxValue)
                    ? null
                    : $"an id is at most {int.MaxValue}",
            },
            null, (t, v) => t with { User = v }, "User to run as.") { DefaultNote = "65532, without privileges" },
        new SpecKey<PoolTemplate, bool>("read_only", new BoolValue(), t => t.ReadOnly,
            (t, v) => t with { ReadOnly = v },
            "Whether the root file system is read-only."),
        new SpecKey<PoolTemplate, ImmutableArray<string>>("capabilities",
            new ListValue<string>(new CapabilityValue(), "capabilities", MaxEntries) { Identity = c => c },
            null, (t, v) => t with { Capabilities = v }, "Linux capabilities given back after all are dropped."),
        new SpecKey<PoolTemplate, ImmutableArray<VolumeSpec>>("volumes",
            new ListValue<VolumeSpec>(new VolumeValue(), "volumes", MaxEntries) { Identity = v => v.MountPoint },
            null, (t, v) => t with { Volumes = v }, "What is mounted: SOURCE:TARGET, SOURCE:TARGET:ro, or a map."),
        new SpecKey<PoolTemplate, HealthSpec>("health", HealthSection.Section, t => t.Health,
            (t, v) => t with { Health = v },
            "How a replica is known to serve."),
        new SpecKey<PoolTemplate, RestartSpec>("restart", Restart, t => t.Restart, (t, v) => t with { Restart = v },
            "How a crash is answered on its node."),
        new SpecKey<PoolTemplate, DrainSpec>("drain", Drain, t => t.Drain, (t, v) => t with { Drain = v },
            "How a replica is taken out of service."),
        new SpecKey<PoolTemplate, ProcessSpec>("process", Process, null, (t, v) => t with { Process = v },
            "What to run where there is no container engine.") { DefaultNote = "none: the pool needs an engine" },
    ];
}
