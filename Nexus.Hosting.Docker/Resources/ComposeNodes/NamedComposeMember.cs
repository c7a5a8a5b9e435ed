using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>A part of a compose file that others know by name.</summary>
public abstract class NamedComposeMember
{
    /// <summary>The name; the key that it stands under, not a part of it.</summary>
    [YamlIgnore]
    public required string Name { get; set; }
}
