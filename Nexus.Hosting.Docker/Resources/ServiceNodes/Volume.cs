using Aspire.Hosting.Docker.Resources.ComposeNodes;
using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

/// <summary>A volume of a compose file, or a mount of a service.</summary>
public sealed class Volume : NamedComposeMember
{
    /// <summary>volume, bind or tmpfs.</summary>
    [YamlMember(Alias = "type")]
    public string? Type { get; set; }

    /// <summary>The volume, or the path on the machine.</summary>
    [YamlMember(Alias = "source")]
    public string? Source { get; set; }

    /// <summary>The path inside the container.</summary>
    [YamlMember(Alias = "target")]
    public string? Target { get; set; }

    /// <summary>Whether the container may not write.</summary>
    [YamlMember(Alias = "read_only")]
    public bool? ReadOnly { get; set; }

    /// <summary>How it is kept.</summary>
    [YamlMember(Alias = "driver")]
    public string? Driver { get; set; }

    /// <summary>Options of that.</summary>
    [YamlMember(Alias = "driver_opts", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> DriverOpts { get; set; } = [];

    /// <summary>Whether it is made elsewhere.</summary>
    [YamlMember(Alias = "external")]
    public bool? External { get; set; }

    /// <summary>Labels.</summary>
    [YamlMember(Alias = "labels", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> Labels { get; set; } = [];
}
