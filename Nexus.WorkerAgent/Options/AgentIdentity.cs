using System.Reflection;
using Nexus.Core.Ids;

namespace Nexus.WorkerAgent.Options;

/// <summary>Who this agent is: settings after defaults, fixed for its life.</summary>
internal sealed class AgentIdentity(WorkerOptions options)
{
    /// <summary>The node.</summary>
    public NodeName Node { get; } = new(options.Name);

    /// <summary>Address of its replicas.</summary>
    public string Address { get; } = options.Address;

    /// <summary>Version of this program.</summary>
    public string Version { get; } =
        typeof(AgentIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Where it keeps its state: as set, else systemd's state directory, else the user's data folder.</summary>
    public string StateDirectory { get; } = Path.GetFullPath(
        options.StateDirectory
        ?? Environment.GetEnvironmentVariable("STATE_DIRECTORY")
        ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "nexus", $"{options.Cluster}-{options.Name}"));

    /// <summary>How it signs events.</summary>
    public string EventSource { get; } = "worker/" + options.Name;
}
