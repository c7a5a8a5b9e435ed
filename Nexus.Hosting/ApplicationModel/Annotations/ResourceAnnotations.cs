namespace Aspire.Hosting.ApplicationModel;

/// <summary>How many processes the project runs as.</summary>
/// <param name="replicas">At least 1.</param>
public sealed class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
{
    /// <summary>At least 1.</summary>
    public int Replicas { get; } = replicas;
}

/// <summary>The resource is started by hand, not with the application.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>The resource is healthy when the health check of this name passes.</summary>
/// <param name="key">The name that the check is registered under.</param>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    /// <summary>The name that the check is registered under.</summary>
    public string Key { get; } = key;
}

/// <summary>Says that one resource has to do with another; the application stops dependents first.</summary>
/// <param name="resource">The other resource.</param>
/// <param name="type">The kind of relation: Reference, WaitFor or Parent.</param>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>The kind of relation: Reference, WaitFor or Parent.</summary>
    public string Type { get; } = type;
}

/// <summary>The relations between resources that the engine knows.</summary>
internal static class KnownRelationshipTypes
{
    public const string Parent = "Parent";
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
}

/// <summary>An address to show to the user.</summary>
public sealed class ResourceUrlAnnotation : IResourceAnnotation
{
    /// <summary>The address.</summary>
    public required string Url { get; set; }

    /// <summary>What to call it.</summary>
    public string? DisplayText { get; set; }
}
