using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

/// <summary>Replicas and limits of a service.</summary>
public sealed class Deploy
{
    /// <summary>How many containers.</summary>
    [YamlMember(Alias = "replicas")]
    public int? Replicas { get; set; }

    /// <summary>What they may use.</summary>
    [YamlMember(Alias = "resources")]
    public Resources? Resources { get; set; }
}
