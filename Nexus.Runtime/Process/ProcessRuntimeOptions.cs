using Nexus.Core.Ids;

namespace Nexus.Runtime.Process;

/// <summary>Where processes are kept track of, and whose they are.</summary>
public sealed record ProcessRuntimeOptions
{
    /// <summary>Folder for records and output. Must outlive the agent; may be shared by clusters and nodes.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Cluster the processes belong to.</summary>
    public required string Cluster { get; init; }

    /// <summary>Node the processes belong to.</summary>
    public required NodeName Node { get; init; }

    /// <summary>Address on which ports are looked for; the workload itself chooses what it binds.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Where relative working directories start; null for the agent's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Where the processes' telemetry goes; null leaves it to their templates.</summary>
    public WorkloadTelemetry? Telemetry { get; init; }

    internal string Root => Path.Combine(Path.GetFullPath(StateDirectory), Cluster, Node.Value);
}
