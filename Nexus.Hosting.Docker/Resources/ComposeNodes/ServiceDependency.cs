using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>What a service waits for of another.</summary>
public sealed class ServiceDependency
{
    /// <summary>service_started, service_healthy or service_completed_successfully.</summary>
    [YamlMember(Alias = "condition")]
    public string? Condition { get; set; }
}
