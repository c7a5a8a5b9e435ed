using System.Collections.Immutable;

namespace Nexus.Core.Spec;

/// <summary>What one replica is and how it is kept alive: everything that, when changed, makes a new revision.</summary>
public sealed record PoolTemplate
{
    /// <summary>Container image; empty only for a pool that runs as a process.</summary>
    public string Image { get; init => field = value ?? ""; } = "";

    /// <summary>Command in place of the image's own; empty keeps it.</summary>
    public ImmutableArray<string> Command { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Environment variables. <c>PORT</c> and <c>NEXUS_*</c> are added by the worker agent.</summary>
    public ImmutableSortedDictionary<string, string> Env
    {
        get;
        init => field = value ?? ImmutableSortedDictionary<string, string>.Empty;
    } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Port the workload listens on inside its container; null for a pool that serves nothing.</summary>
    public int? Port { get; init; }

    /// <summary>Port of the node that is bound to <see cref="Port"/>, so that one replica fits on a node; null for any free one.</summary>
    public int? HostPort { get; init; }

    /// <summary>Protocol that the workload speaks on <see cref="Port"/>.</summary>
    public AppProtocol Protocol { get; init; }

    /// <summary>Limits, and what placement reserves.</summary>
    public ResourceSpec Resources { get; init => field = value ?? new(); } = new();

    /// <summary>User to run as (<c>uid</c> or <c>uid:gid</c>); null for the unprivileged default, 65532.</summary>
    public string? User { get; init; }

    /// <summary>Whether the root file system is read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Linux capabilities given back after all are dropped, e.g. <c>NET_BIND_SERVICE</c>.</summary>
    public ImmutableArray<string> Capabilities { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What is mounted into the container.</summary>
    public ImmutableArray<VolumeSpec> Volumes { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>How it is known to serve.</summary>
    public HealthSpec Health { get; init => field = value ?? new(); } = new();

    /// <summary>How a crash is answered on its node.</summary>
    public RestartSpec Restart { get; init => field = value ?? new(); } = new();

    /// <summary>How it is stopped.</summary>
    public DrainSpec Drain { get; init => field = value ?? new(); } = new();

    /// <summary>What to run where there is no container engine; null if it needs one.</summary>
    public ProcessSpec? Process { get; init; }

    /// <summary>Whether a <c>/tmp</c> in memory stands in for the one of a read-only root: unless a volume is mounted there.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool NeedsScratch => ReadOnly && Volumes.All(volume => volume.MountPoint != "/tmp");

    /// <summary>Whether two replicas cannot be on one node at a time, so that a rollout stops before it starts.</summary>
    public bool HoldsExclusively => HostPort is not null || Volumes.Any(volume => volume.Exclusive);
}

/// <summary>Protocol that gateways speak to a replica.</summary>
public enum AppProtocol
{
    /// <summary>HTTP/1.1, WebSockets included.</summary>
    Http1,

    /// <summary>HTTP/2 without TLS and without upgrade (prior knowledge), as gRPC servers speak it.</summary>
    H2c,
}

/// <summary>What a replica may use. Zero means unlimited, and nothing is reserved for it.</summary>
public sealed record ResourceSpec
{
    /// <summary>CPU in thousandths of a core.</summary>
    public int CpuMillicores { get; init; }

    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Processes and threads.</summary>
    public int Pids { get; init; } = 512;
}

/// <summary>A named volume, or a directory of the node, inside the container.</summary>
/// <param name="Source">Volume name, or an absolute path of the node.</param>
/// <param name="Target">Absolute path in the container.</param>
/// <param name="ReadOnly">Whether it cannot be written.</param>
/// <param name="Exclusive">Whether at most one allocation of a node may hold it at a time.</param>
public sealed record VolumeSpec(string Source, string Target, bool ReadOnly, bool Exclusive = false)
{
    /// <summary>Whether it is a volume by name, which the engine of each node makes empty where it is missing, and no path.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsNamed => !Source.StartsWith('/');

    /// <summary>The directory that <see cref="Target"/> stands for, however its slashes are written: an engine mounts one thing there.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string MountPoint => MountPointOf(Target);

    internal static string MountPointOf(string target) =>
        "/" + string.Join('/', target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(segment => segment != "."));
}

/// <summary>How a check asks.</summary>
public enum HealthCheckType
{
    /// <summary>A TCP connection is accepted. The default: it holds for any server.</summary>
    Tcp,

    /// <summary>GET answers 2xx.</summary>
    Http,

    /// <summary>A command in the replica exits 0.</summary>
    Script,

    /// <summary>Running is healthy.</summary>
    None,
}

/// <summary>How a replica is known to serve.</summary>
public sealed record HealthSpec
{
    /// <summary>How a check asks.</summary>
    public HealthCheckType Type { get; init; } = HealthCheckType.Tcp;

    /// <summary>Path of an HTTP check.</summary>
    public string Path { get; init; } = "/health";

    /// <summary>Command of a script check.</summary>
    public ImmutableArray<string> Command { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Time between checks once it serves.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one check may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failed checks in a row that make it unhealthy.</summary>
    public int UnhealthyThreshold { get; init; } = 2;

    /// <summary>Good checks in a row that make it healthy again.</summary>
    public int HealthyThreshold { get; init; } = 1;

    /// <summary>How long after its start the first good check may take before the start counts as failed.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How a crash is answered on the node: the first restart at once or nearly, later ones after a growing delay.</summary>
public sealed record RestartSpec
{
    /// <summary>Delay before the second restart in a row.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest delay.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time of health after which the count starts anew.</summary>
    public TimeSpan ResetAfter { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>How a replica is taken out of service.</summary>
public sealed record DrainSpec
{
    /// <summary>How long requests in flight may take once no new ones are sent.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Window over which WebSockets are closed with 1001, each at a moment of its own, so that clients do not all return at once.</summary>
    public TimeSpan WebSocketWindow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long SIGTERM may take before SIGKILL.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A replica as a plain process, for machines without a container engine.</summary>
public sealed record ProcessSpec
{
    /// <summary>Program and arguments; <c>{port}</c> stands for the port it was given (also in <c>PORT</c>).</summary>
    public ImmutableArray<string> Command { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Working directory; relative paths start at the worker agent's own.</summary>
    public string? WorkingDirectory { get; init; }
}
