using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Passes a connection string as ConnectionStrings__name.</summary>
    /// <typeparam name="TDestination">The kind of resource.</typeparam>
    /// <param name="builder">The resource that gets it.</param>
    /// <param name="source">The resource that is reached by it.</param>
    /// <param name="connectionName">The name to pass it by; the source's when it is null.</param>
    /// <param name="optional">Whether it may be missing.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var variable = source.Resource.ConnectionStringEnvironmentVariable
            ?? $"ConnectionStrings__{connectionName ?? source.Resource.Name}";
        return builder.Relate(source.Resource, KnownRelationshipTypes.Reference)
            .WithVariable(variable, new ConnectionStringReference(source.Resource, optional));
    }

    /// <summary>Passes the addresses of all endpoints, as services__name__scheme__index and NAME_ENDPOINT.</summary>
    /// <typeparam name="TDestination">The kind of resource.</typeparam>
    /// <param name="builder">The resource that gets them.</param>
    /// <param name="source">The resource that listens.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment => builder.WithReference(source, source.Resource.Name);

    /// <summary>Passes the addresses of all endpoints under a name of choice.</summary>
    /// <typeparam name="TDestination">The kind of resource.</typeparam>
    /// <param name="builder">The resource that gets them.</param>
    /// <param name="source">The resource that listens.</param>
    /// <param name="name">The name in the variables.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment => builder.WithEndpointReferences(source.Resource, name, _ => true);

    /// <summary>Passes the address of one endpoint.</summary>
    /// <typeparam name="TDestination">The kind of resource.</typeparam>
    /// <param name="builder">The resource that gets it.</param>
    /// <param name="endpointReference">The endpoint.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment =>
        builder.WithEndpointReferences(endpointReference.Resource, endpointReference.Resource.Name,
            endpoint => string.Equals(endpoint.Name, endpointReference.EndpointName, StringComparison.OrdinalIgnoreCase));

    /// <summary>Passes the address of a service that is not part of the application.</summary>
    /// <typeparam name="TDestination">The kind of resource.</typeparam>
    /// <param name="builder">The resource that gets it.</param>
    /// <param name="name">The service's name.</param>
    /// <param name="uri">Its address: absolute, without a path.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        if (!uri.IsAbsoluteUri || uri.AbsolutePath != "/")
        {
            throw new InvalidOperationException($"The address of the service '{name}' is '{uri}'; it must be absolute and have no path.");
        }

        return builder.WithVariable($"services__{name}__{uri.Scheme}__0", uri.ToString());
    }

    private static IResourceBuilder<T> WithEndpointReferences<T>(
        this IResourceBuilder<T> builder, IResourceWithEndpoints source, string name, Func<EndpointAnnotation, bool> wanted)
        where T : IResourceWithEnvironment =>
        builder.Relate(source, KnownRelationshipTypes.Reference).WithEnvironment(context =>
        {
            foreach (var endpoint in source.Annotations.OfType<EndpointAnnotation>().Where(wanted))
            {
                var reference = new EndpointReference(source, endpoint.Name);
                var index = 0;
                while (!context.EnvironmentVariables.TryAdd($"services__{name}__{endpoint.UriScheme}__{index}", reference)
                    && !IsSame(context.EnvironmentVariables[$"services__{name}__{endpoint.UriScheme}__{index}"], reference))
                {
                    index++;
                }

                context.EnvironmentVariables[$"{VariablePart(name)}_{VariablePart(endpoint.Name)}"] = reference;
            }
        });

    private static bool IsSame(object value, EndpointReference reference) => value is EndpointReference other
        && other.Resource == reference.Resource && other.EndpointName == reference.EndpointName;

    private static string VariablePart(string name) => name.ToUpperInvariant().Replace('-', '_');
}
