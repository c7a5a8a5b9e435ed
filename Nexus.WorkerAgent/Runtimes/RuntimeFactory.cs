using System.Collections.Immutable;
using Nexus.Runtime;
using Nexus.Runtime.Docker;
using Nexus.Runtime.Process;
using Nexus.ServiceDefaults.Clocks;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Runtimes;

/// <summary>Makes the runtime that the settings ask for.</summary>
internal class RuntimeFactory(
    WorkerOptions options, AgentIdentity identity, TimeProvider time, Chance chance, ILoggerFactory loggers)
{
    /// <summary>What the settings ask for.</summary>
    public RuntimeChoice Choice => options.Runtime;

    /// <summary>Containers on the engine; connects at its first use.</summary>
    public virtual IContainerRuntime CreateDocker() => new DockerRuntime(
        new DockerRuntimeOptions
        {
            Endpoint = options.DockerEndpoint,
            Cluster = options.Cluster,
            Node = identity.Node,
            PublishAddress = identity.Address,
            UseContainerAddresses = options.CheckContainersDirectly,
            ExtraLabels = OwnerLabels(),
            Telemetry = Telemetry,
        },
        time.GetWall(),
        () => chance(),
        loggers.CreateLogger<DockerRuntime>());

    /// <summary>Plain processes.</summary>
    public IContainerRuntime CreateProcess() => new ProcessRuntime(
        new ProcessRuntimeOptions
        {
            StateDirectory = Path.Combine(identity.StateDirectory, "processes"),
            Cluster = options.Cluster,
            Node = identity.Node,
            Address = identity.Address,
            WorkingDirectory = options.ProcessWorkingDirectory,
            Telemetry = Telemetry,
        },
        time.GetWall(),
        loggers.CreateLogger<ProcessRuntime>());

    private WorkloadTelemetry? Telemetry =>
        options.ForwardTelemetry ? ForwardedTelemetry.Compute(Environment.GetEnvironmentVariable) : null;

    /// <summary>The settings' labels, and the mark of a local engine that started this agent, so that it finds our containers
    /// after both were killed.</summary>
    private ImmutableDictionary<string, string> OwnerLabels()
    {
        var labels = options.OwnerLabels.ToImmutableDictionary();
        var owner = Environment.GetEnvironmentVariable("NEXUS_HOSTING_OWNER");
        return string.IsNullOrEmpty(owner)
            ? labels
            : labels.SetItem("nexus.hosting.owner", owner).SetItem("nexus.hosting.resource", identity.Node.Value);
    }
}
