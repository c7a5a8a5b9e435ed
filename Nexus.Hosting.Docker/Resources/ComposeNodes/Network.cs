using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>A network of a compose file.</summary>
public sealed class Network : NamedComposeMember
{
    /// <summary>How it is made: bridge, overlay …</summary>
    [YamlMember(Alias = "driver")]
    public string? Driver { get; set; }

    /// <summary>Options of that.</summary>
    [YamlMember(Alias = "driver_opts", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> DriverOpts { get; set; } = [];

    /// <summary>Whether it is made elsewhere.</summary>
    [YamlMember(Alias = "external")]
    public bool? External { get; set; }

    /// <summary>Whether it has no way out.</summary>
    [YamlMember(Alias = "internal")]
    public bool? Internal { get; set; }

    /// <summary>Labels.</summary>
    [YamlMember(Alias = "labels", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> Labels { get; set; } = [];
}
