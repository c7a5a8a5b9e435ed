using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Leaves the resource alone until a command starts it.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    public static IResourceBuilder<T> WithExplicitStart<T>(this IResourceBuilder<T> builder) where T : IResource =>
        builder.WithAnnotation(new ExplicitStartupAnnotation(), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Shows the resource as a part of another.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="parent">The other.</param>
    public static IResourceBuilder<T> WithParentRelationship<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> parent)
        where T : IResource => builder.WithParentRelationship(parent.Resource);

    /// <summary>Shows the resource as a part of another.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="parent">The other.</param>
    public static IResourceBuilder<T> WithParentRelationship<T>(this IResourceBuilder<T> builder, IResource parent)
        where T : IResource => builder.Relate(parent, KnownRelationshipTypes.Parent);

    /// <summary>Shows an address with the resource.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="url">The address; one without a scheme is a path on the resource's HTTP endpoint.</param>
    /// <param name="displayText">What to call it.</param>
    public static IResourceBuilder<T> WithUrl<T>(this IResourceBuilder<T> builder, string url, string? displayText = null)
        where T : IResource => builder.WithAnnotation(new ResourceUrlAnnotation { Url = url, DisplayText = displayText });

    /// <summary>Leaves the resource out of published files.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    public static IResourceBuilder<T> ExcludeFromManifest<T>(this IResourceBuilder<T> builder) where T : IResource =>
        builder.WithAnnotation(new NotPublishedAnnotation(), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Gives the resource a command that people can call while the application runs.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">Unique within the resource; one of the same name gives way.</param>
    /// <param name="displayName">What to call it.</param>
    /// <param name="executeCommand">Does it.</param>
    /// <param name="commandOptions">What else is said of it.</param>
    public static IResourceBuilder<T> WithCommand<T>(
        this IResourceBuilder<T> builder,
        string name,
        string displayName,
        Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
        CommandOptions? commandOptions = null)
        where T : IResource
    {
        var options = commandOptions ?? new CommandOptions();
        if (builder.Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(c => c.Name == name) is { } old)
        {
            builder.Resource.Annotations.Remove(old);
        }

        return builder.WithAnnotation(new ResourceCommandAnnotation(
            name, displayName, options.UpdateState ?? (static _ => ResourceCommandState.Enabled), executeCommand, options.Description,
            options.Parameter, options.ConfirmationMessage, options.IconName, options.IconVariant, options.IsHighlighted));
    }

    private static IResourceBuilder<T> Relate<T>(this IResourceBuilder<T> builder, IResource other, string type) where T : IResource =>
        other.Equals(builder.Resource) ? builder : builder.WithAnnotation(new ResourceRelationshipAnnotation(other, type));
}
