using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

/// <summary>An amount of processor and memory.</summary>
public sealed class ResourceSpec
{
    /// <summary>Cores, as a number in text.</summary>
    [YamlMember(Alias = "cpus")]
    public string? Cpus { get; set; }

    /// <summary>Memory, with its unit.</summary>
    [YamlMember(Alias = "memory")]
    public string? Memory { get; set; }
}
