using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

/// <summary>What a service may use.</summary>
public sealed class Resources
{
    /// <summary>No more than this.</summary>
    [YamlMember(Alias = "limits")]
    public ResourceSpec? Limits { get; set; }

    /// <summary>At least this.</summary>
    [YamlMember(Alias = "reservations")]
    public ResourceSpec? Reservations { get; set; }
}
