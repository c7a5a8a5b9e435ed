using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A named part of the application. What it needs and offers is said by its annotations.</summary>
public interface IResource
{
    /// <summary>Unique within the application, case-insensitively.</summary>
    string Name { get; }

    /// <summary>What has been declared about the resource, in order of declaration.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>Marks a fact that can be attached to a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The facts about one resource, in order of declaration.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>A resource that takes environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that takes command line arguments.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>A resource that listens on ports.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource whose start can be held back until others are ready.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource that runs code: a project, a container or an executable.</summary>
public interface IComputeResource : IResource;

/// <summary>A place that resources which run code can be published to.</summary>
public interface IComputeEnvironmentResource : IResource;

/// <summary>A resource that is a part of another.</summary>
public interface IResourceWithParent : IResource
{
    /// <summary>The other.</summary>
    IResource Parent { get; }
}

/// <summary>A resource that is a part of another.</summary>
/// <typeparam name="T">The kind of the other.</typeparam>
public interface IResourceWithParent<out T> : IResourceWithParent where T : IResource
{
    /// <summary>The other.</summary>
    new T Parent { get; }
}

/// <summary>The base of the resources.</summary>
/// <param name="name">Unique within the application.</param>
public abstract class Resource(string name) : IResource
{
    /// <inheritdoc />
    public virtual string Name { get; } = ResourceName.Validated(name);

    /// <inheritdoc />
    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

/// <summary>A .NET project, run from its built output.</summary>
/// <param name="name">Unique within the application.</param>
public class ProjectResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithArgs,
    IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource;

/// <summary>A program on this machine.</summary>
/// <param name="name">Unique within the application.</param>
/// <param name="command">A path, or a name that is looked up in PATH.</param>
/// <param name="workingDirectory">Where it is started.</param>
public class ExecutableResource(string name, string command, string workingDirectory) : Resource(name),
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>A path, or a name that is looked up in PATH.</summary>
    public string Command { get; } = command;

    /// <summary>Where the program is started.</summary>
    public string WorkingDirectory { get; } = workingDirectory;
}

/// <summary>A container on the local engine.</summary>
/// <param name="name">Unique within the application.</param>
/// <param name="entrypoint">Replaces the image's own.</param>
public class ContainerResource(string name, string? entrypoint = null) : Resource(name),
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>Replaces the image's own entrypoint when it is set.</summary>
    public string? Entrypoint { get; set; } = entrypoint;
}

/// <summary>The rule for resource and endpoint names: they become host names and parts of variables.</summary>
internal static class ResourceName
{
    private const int MaxLength = 64;

    public static string Validated(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var valid = name.Length is > 0 and <= MaxLength && char.IsAsciiLetter(name[0]) && name[^1] != '-'
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && !name.Contains("--", StringComparison.Ordinal);
        return valid ? name : throw new ArgumentException(
            $"'{name}' is not a valid name: it must start with a letter, hold ASCII letters, digits and single hyphens only, "
            + $"not end with a hyphen, and have 1 to {MaxLength} characters.", nameof(name));
    }
}
