using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;
using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

/// <summary>A service of a compose file.</summary>
public sealed class Service : NamedComposeMember
{
    /// <summary>The image.</summary>
    [YamlMember(Alias = "image")]
    public string? Image { get; set; }

    /// <summary>The container's name on the engine, in place of a made-up one.</summary>
    [YamlMember(Alias = "container_name")]
    public string? ContainerName { get; set; }

    /// <summary>What the container calls itself.</summary>
    [YamlMember(Alias = "hostname")]
    public string? Hostname { get; set; }

    /// <summary>Who runs the program.</summary>
    [YamlMember(Alias = "user")]
    public string? User { get; set; }

    /// <summary>More groups of that user.</summary>
    [YamlMember(Alias = "group_add", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> GroupAdd { get; set; } = [];

    /// <summary>Where the program is started.</summary>
    [YamlMember(Alias = "working_dir")]
    public string? WorkingDir { get; set; }

    /// <summary>Replaces the image's entrypoint.</summary>
    [YamlMember(Alias = "entrypoint", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Entrypoint { get; set; } = [];

    /// <summary>The arguments.</summary>
    [YamlMember(Alias = "command", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Command { get; set; } = [];

    /// <summary>The variables.</summary>
    [YamlMember(Alias = "environment", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> Environment { get; set; } = [];

    /// <summary>Ports that are published on the machine.</summary>
    [YamlMember(Alias = "ports", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Ports { get; set; } = [];

    /// <summary>Ports that the other services may use.</summary>
    [YamlMember(Alias = "expose", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Expose { get; set; } = [];

    /// <summary>The networks it is on.</summary>
    [YamlMember(Alias = "networks", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Networks { get; set; } = [];

    /// <summary>In place of networks: host, none …</summary>
    [YamlMember(Alias = "network_mode")]
    public string? NetworkMode { get; set; }

    /// <summary>More names and their addresses.</summary>
    [YamlMember(Alias = "extra_hosts", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> ExtraHosts { get; set; } = [];

    /// <summary>Whose processes it sees: host, or its own.</summary>
    [YamlMember(Alias = "pid")]
    public string? Pid { get; set; }

    /// <summary>What is mounted.</summary>
    [YamlMember(Alias = "volumes", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<Volume> Volumes { get; set; } = [];

    /// <summary>Folders in memory.</summary>
    [YamlMember(Alias = "tmpfs", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Tmpfs { get; set; } = [];

    /// <summary>Whether its own file system cannot be written.</summary>
    [YamlMember(Alias = "read_only")]
    public bool? ReadOnly { get; set; }

    /// <summary>Whether a small init reaps its orphans.</summary>
    [YamlMember(Alias = "init")]
    public bool? Init { get; set; }

    /// <summary>Capabilities it gets.</summary>
    [YamlMember(Alias = "cap_add", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> CapAdd { get; set; } = [];

    /// <summary>Capabilities it loses.</summary>
    [YamlMember(Alias = "cap_drop", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> CapDrop { get; set; } = [];

    /// <summary>Security options of the engine.</summary>
    [YamlMember(Alias = "security_opt", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> SecurityOpt { get; set; } = [];

    /// <summary>What it waits for.</summary>
    [YamlMember(Alias = "depends_on", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, ServiceDependency> DependsOn { get; set; } = [];

    /// <summary>How the engine finds out whether it is well.</summary>
    [YamlMember(Alias = "healthcheck")]
    public Healthcheck? Healthcheck { get; set; }

    /// <summary>When it is started again.</summary>
    [YamlMember(Alias = "restart")]
    public string? Restart { get; set; }

    /// <summary>How long it may take to end.</summary>
    [YamlMember(Alias = "stop_grace_period")]
    public string? StopGracePeriod { get; set; }

    /// <summary>Replicas and limits.</summary>
    [YamlMember(Alias = "deploy")]
    public Deploy? Deploy { get; set; }

    /// <summary>Where its output goes.</summary>
    [YamlMember(Alias = "logging")]
    public Logging? Logging { get; set; }

    /// <summary>Labels.</summary>
    [YamlMember(Alias = "labels", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>Profiles without which it is left alone.</summary>
    [YamlMember(Alias = "profiles", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public List<string> Profiles { get; set; } = [];

    /// <summary>Sets a variable, unless its value is null.</summary>
    /// <param name="key">The variable.</param>
    /// <param name="value">Its value.</param>
    public Service AddEnvironmentalVariable(string key, string? value)
    {
        if (value is not null)
        {
            Environment[key] = value;
        }

        return this;
    }

    /// <summary>Mounts a volume.</summary>
    /// <param name="volume">The volume.</param>
    public Service AddVolume(Volume volume)
    {
        Volumes.Add(volume);
        return this;
    }
}
