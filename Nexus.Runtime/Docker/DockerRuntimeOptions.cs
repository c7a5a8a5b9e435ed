using System.Collections.Immutable;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Docker;

/// <summary>Which engine, and whose containers on it.</summary>
public sealed record DockerRuntimeOptions
{
    /// <summary>Where the engine listens; null for <c>DOCKER_HOST</c>, else the local socket.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Cluster label of the containers.</summary>
    public required string Cluster { get; init; }

    /// <summary>Node label of the containers; several nodes may share an engine.</summary>
    public required NodeName Node { get; init; }

    /// <summary>Address of the machine at which ports are published.</summary>
    public string PublishAddress { get; init; } = "127.0.0.1";

    /// <summary>Whether containers may be reached at their own addresses, where they can be.</summary>
    public bool UseContainerAddresses { get; init; } = true;

    /// <summary>Labels put on every container besides our own.</summary>
    public ImmutableDictionary<string, string> ExtraLabels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Where the containers' telemetry goes; null leaves it to their templates.</summary>
    public WorkloadTelemetry? Telemetry { get; init; }

    /// <summary>
    /// Whether ends are also learnt by pidfd, tens of milliseconds before the engine tells them. Only works for containers
    /// of this kernel; elsewhere the engine's events are all there is, whatever this says.
    /// </summary>
    public bool UsePidfd { get; init; } = true;

    /// <summary>Whether the engine's events are read.</summary>
    public bool UseEvents { get; init; } = true;

    internal Uri ResolveEndpoint()
    {
        if (Endpoint is not null)
        {
            return Endpoint;
        }

        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        return !string.IsNullOrWhiteSpace(host) ? new Uri(host)
            : OperatingSystem.IsWindows() ? new Uri("npipe://./pipe/docker_engine")
            : new Uri("unix:///var/run/docker.sock");
    }
}
