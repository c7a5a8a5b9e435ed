using System.Globalization;
using Docker.DotNet.Models;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Docker;

/// <summary>The labels by which a runtime knows its own containers, and nothing else.</summary>
internal static class ContainerLabels
{
    public const string Cluster = "nexus.cluster";
    public const string Node = "nexus.node";
    public const string Pool = "nexus.pool";
    public const string Allocation = "nexus.allocation";
    public const string Revision = "nexus.revision";
    public const string Attempt = "nexus.attempt";

    public static Dictionary<string, string> For(WorkloadSpec spec, DockerRuntimeOptions options)
    {
        var labels = new Dictionary<string, string>(options.ExtraLabels, StringComparer.Ordinal)
        {
            [Cluster] = options.Cluster,
            [Node] = options.Node.Value,
            [Pool] = spec.Pool.Value,
            [Allocation] = spec.Allocation.Value,
            [Revision] = spec.Revision.Value,
            [Attempt] = spec.Attempt.ToString(CultureInfo.InvariantCulture),
        };
        return labels;
    }

    /// <summary>The engine's filter for our containers, or for those of one attempt.</summary>
    public static Dictionary<string, IDictionary<string, bool>> Filter(DockerRuntimeOptions options, WorkloadSpec? spec = null)
    {
        var wanted = new Dictionary<string, bool>(StringComparer.Ordinal)
        {
            [$"{Cluster}={options.Cluster}"] = true,
            [$"{Node}={options.Node.Value}"] = true,
        };
        if (spec is not null)
        {
            wanted[$"{Allocation}={spec.Allocation.Value}"] = true;
            wanted[$"{Attempt}={spec.Attempt.ToString(CultureInfo.InvariantCulture)}"] = true;
        }

        return new(StringComparer.Ordinal) { ["label"] = wanted };
    }

    /// <summary>Whether a container is of this cluster and node and says which allocation it embodies.</summary>
    public static bool AreOurs(IDictionary<string, string>? labels, DockerRuntimeOptions options) =>
        labels is not null
        && Text(labels, Cluster) == options.Cluster
        && Text(labels, Node) == options.Node.Value
        && labels.ContainsKey(Allocation)
        && labels.ContainsKey(Pool);

    /// <summary>The workload that an inspected container of ours is.</summary>
    public static Workload Read(ContainerInspectResponse container)
    {
        var labels = container.Config!.Labels!;
        var state = container.State!;
        var phase = state.Running ? WorkloadState.Running
            : state.Status == "created" ? WorkloadState.Created
            : WorkloadState.Exited;
        return new Workload
        {
            Id = new WorkloadId(container.ID),
            Allocation = new AllocationId(labels[Allocation]),
            Pool = new PoolName(labels[Pool]),
            Revision = new PoolRevision(Text(labels, Revision)),
            Attempt = int.TryParse(Text(labels, Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) ? attempt : 0,
            State = phase,
            Paused = phase == WorkloadState.Running && (state.Paused || ContainerHalts.IsHalted(container.Name, (int)state.Pid)),
            ExitCode = phase == WorkloadState.Exited ? (int)state.ExitCode : null,
            OutOfMemory = state.OOMKilled,
            StartedAt = Time(state.StartedAt),
            FinishedAt = phase == WorkloadState.Exited ? Time(state.FinishedAt) : null,
            Pid = phase == WorkloadState.Running && state.Pid > 0 ? (int)state.Pid : null,
            HostPort = HostPort(container.NetworkSettings),
        };
    }

    private static string Text(IDictionary<string, string> labels, string name) =>
        labels.TryGetValue(name, out var value) ? value : "";

    // The engine says year 1 for "never".
    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1
            ? time
            : null;

    private static int? HostPort(NetworkSettings? network)
    {
        var text = network?.Ports?.Values
            .Where(bindings => bindings is not null)
            .SelectMany(bindings => bindings)
            .Select(binding => binding.HostPort)
            .FirstOrDefault();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
    }
}
