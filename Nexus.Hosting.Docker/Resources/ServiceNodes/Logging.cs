using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

/// <summary>Where the output of a service goes.</summary>
public sealed class Logging
{
    /// <summary>Who keeps it: json-file, journald …</summary>
    [YamlMember(Alias = "driver")]
    public string? Driver { get; set; }

    /// <summary>How.</summary>
    [YamlMember(Alias = "options", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> Options { get; set; } = [];
}
