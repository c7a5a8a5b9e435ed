namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>The repository, with the registry's host when it is not the engine's default.</summary>
    public required string Image { get; set; }

    /// <summary>The tag; latest when unset.</summary>
    public string? Tag { get; set; }
}

/// <summary>What a mount brings into the container.</summary>
public enum ContainerMountType
{
    /// <summary>A path of this machine.</summary>
    BindMount,

    /// <summary>A volume of the engine.</summary>
    Volume,
}

/// <summary>Brings files into a container.</summary>
/// <param name="source">A path of this machine, or the volume's name; none for an anonymous volume.</param>
/// <param name="target">The path inside the container.</param>
/// <param name="type">Which of the two.</param>
/// <param name="isReadOnly">Whether the container may not write.</param>
public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly)
    : IResourceAnnotation
{
    /// <summary>A path of this machine, or the volume's name; none for an anonymous volume.</summary>
    public string? Source { get; } = source;

    /// <summary>The path inside the container.</summary>
    public string Target { get; } = target;

    /// <summary>What is mounted.</summary>
    public ContainerMountType Type { get; } = type;

    /// <summary>Whether the container may not write.</summary>
    public bool IsReadOnly { get; } = isReadOnly;
}

/// <summary>How long a container lives.</summary>
public enum ContainerLifetime
{
    /// <summary>As long as the application runs.</summary>
    Session,

    /// <summary>It outlives the application and is used again by the next run, unless its declaration changed.</summary>
    Persistent,
}

/// <summary>How long the container lives.</summary>
public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    /// <summary>How long the container lives.</summary>
    public required ContainerLifetime Lifetime { get; set; }
}

/// <summary>The container's name on the engine, in place of a made-up one.</summary>
public sealed class ContainerNameAnnotation : IResourceAnnotation
{
    /// <summary>The container's name on the engine.</summary>
    public required string Name { get; set; }
}

/// <summary>When an image is fetched.</summary>
public enum ImagePullPolicy
{
    /// <summary>The engine's own rule: when it is missing.</summary>
    Default,

    /// <summary>At every start.</summary>
    Always,

    /// <summary>When it is missing.</summary>
    Missing,

    /// <summary>Never: a missing image fails the start.</summary>
    Never,
}

/// <summary>When the image is fetched.</summary>
public sealed class ContainerImagePullPolicyAnnotation : IResourceAnnotation
{
    /// <summary>When the image is fetched.</summary>
    public required ImagePullPolicy ImagePullPolicy { get; set; }
}

/// <summary>Contributes options of the engine's own command line, in front of the image.</summary>
/// <param name="args">The options.</param>
internal sealed class ContainerRuntimeArgsAnnotation(string[] args) : IResourceAnnotation
{
    public string[] Args { get; } = args;
}
