using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

/// <summary>How the engine finds out whether a service is well.</summary>
public sealed class Healthcheck
{
    /// <summary>What is run: CMD or CMD-SHELL, then the command.</summary>
    [YamlMember(Alias = "test", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Test { get; set; } = [];

    /// <summary>The time between two checks.</summary>
    [YamlMember(Alias = "interval")]
    public required string Interval { get; set; }

    /// <summary>How long a check may take.</summary>
    [YamlMember(Alias = "timeout")]
    public required string Timeout { get; set; }

    /// <summary>How many in a row must fail.</summary>
    [YamlMember(Alias = "retries")]
    public int? Retries { get; set; }

    /// <summary>How long failures at the start do not count.</summary>
    [YamlMember(Alias = "start_period")]
    public required string StartPeriod { get; set; }
}
