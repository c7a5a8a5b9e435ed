using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources;

namespace Aspire.Hosting.Docker;

/// <summary>A Docker Compose project that the application is published as.</summary>
/// <param name="name">Unique within the application.</param>
public class DockerComposeEnvironmentResource(string name) : Resource(name), IComputeEnvironmentResource
{
    /// <summary>The network that the services share; aspire when it is unset.</summary>
    public string? DefaultNetworkName { get; set; }

    /// <summary>Whether the Aspire dashboard is part of the project.</summary>
    public bool DashboardEnabled { get; set; } = true;

    internal List<Action<ComposeFile>> ComposeFileChanges { get; } = [];

    internal List<Action<IDictionary<string, CapturedEnvironmentVariable>>> EnvFileChanges { get; } = [];

    /// <summary>The variables that the compose file leaves open, by name; they are the keys of the .env file.</summary>
    internal SortedDictionary<string, CapturedEnvironmentVariable> Variables { get; } = new(StringComparer.Ordinal);
}

/// <summary>A resource of the application as a service of the project.</summary>
/// <param name="name">The service's name.</param>
/// <param name="resource">What it is made from.</param>
/// <param name="composeEnvironmentResource">The project.</param>
public class DockerComposeServiceResource(string name, IResource resource, DockerComposeEnvironmentResource composeEnvironmentResource)
    : Resource(name), IResourceWithParent<DockerComposeEnvironmentResource>
{
    /// <summary>The project.</summary>
    public DockerComposeEnvironmentResource Parent { get; } = composeEnvironmentResource;

    IResource IResourceWithParent.Parent => Parent;

    internal IResource Target { get; } = resource;
}

/// <summary>A variable that the compose file leaves open and the .env file gives a value.</summary>
public sealed class CapturedEnvironmentVariable
{
    /// <summary>The variable.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for; a comment in the .env file.</summary>
    public string? Description { get; set; }

    /// <summary>The value to use when nobody gives one; never that of a secret.</summary>
    public string? DefaultValue { get; set; }

    /// <summary>What it stands for: a parameter, or the resource's image or port.</summary>
    public object? Source { get; set; }

    /// <summary>The resource that it belongs to.</summary>
    public IResource? Resource { get; set; }
}
