using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using YamlDotNet.Serialization;

namespace Aspire.Hosting.Docker.Resources;

/// <summary>A compose file.</summary>
public sealed class ComposeFile
{
    /// <summary>The project's name.</summary>
    [YamlMember(Alias = "name")]
    public string? Name { get; set; }

    /// <summary>The services by name.</summary>
    [YamlMember(Alias = "services", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, Service> Services { get; set; } = [];

    /// <summary>The networks by name.</summary>
    [YamlMember(Alias = "networks", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, Network> Networks { get; set; } = [];

    /// <summary>The volumes by name.</summary>
    [YamlMember(Alias = "volumes", DefaultValuesHandling = DefaultValuesHandling.OmitEmptyCollections)]
    public Dictionary<string, Volume> Volumes { get; set; } = [];

    /// <summary>Adds a service; one of the same name gives way.</summary>
    /// <param name="service">The service.</param>
    public ComposeFile AddService(Service service)
    {
        Services[service.Name] = service;
        return this;
    }

    /// <summary>Adds a network; one of the same name gives way.</summary>
    /// <param name="network">The network.</param>
    public ComposeFile AddNetwork(Network network)
    {
        Networks[network.Name] = network;
        return this;
    }

    /// <summary>Adds a volume; one of the same name gives way.</summary>
    /// <param name="volume">The volume.</param>
    public ComposeFile AddVolume(Volume volume)
    {
        Volumes[volume.Name] = volume;
        return this;
    }

    /// <summary>The file's text; the same file gives the same text.</summary>
    /// <param name="lineEndings">What ends a line.</param>
    public string ToYaml(string lineEndings = "\n") => new SerializerBuilder()
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull)
        .WithEventEmitter(next => new AmbiguousTextQuoting(next))
        .WithIndentedSequences()
        .WithNewLine(lineEndings)
        .Build()
        .Serialize(this);
}
