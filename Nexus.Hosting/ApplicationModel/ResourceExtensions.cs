namespace Aspire.Hosting.ApplicationModel;

/// <summary>Asks resources about what was declared of them.</summary>
public static class ResourceExtensions
{
    /// <summary>Whether the resource is left out of published files.</summary>
    /// <param name="resource">The resource.</param>
    public static bool IsExcludedFromPublish(this IResource resource) => resource.Annotations.OfType<NotPublishedAnnotation>().Any();
}

/// <summary>The resource is left out of published files.</summary>
internal sealed class NotPublishedAnnotation : IResourceAnnotation;
