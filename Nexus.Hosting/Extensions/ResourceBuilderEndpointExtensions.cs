using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Declares an endpoint.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="port">The public port; any free one when it is null.</param>
    /// <param name="targetPort">The port that the resource itself listens on.</param>
    /// <param name="scheme">The scheme of its URL; the protocol's name when it is null.</param>
    /// <param name="name">Unique within the resource; the scheme when it is null.</param>
    /// <param name="env">A variable that tells the resource which port to listen on.</param>
    /// <param name="isProxied">Whether something may stand in front of the resource.</param>
    /// <param name="isExternal">Whether it is open to the world in production.</param>
    /// <param name="protocol">TCP when it is null.</param>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder,
        int? port = null,
        int? targetPort = null,
        string? scheme = null,
        string? name = null,
        string? env = null,
        bool? isProxied = null,
        bool? isExternal = null,
        ProtocolType? protocol = null)
        where T : IResourceWithEndpoints
    {
        var endpoint = new EndpointAnnotation(
            protocol ?? ProtocolType.Tcp, scheme, null, name, port, targetPort, isExternal, isProxied);
        if (builder.Resource.Annotations.OfType<EndpointAnnotation>().Any(e => e.Name == endpoint.Name))
        {
            throw new DistributedApplicationException(
                $"The resource '{builder.Resource.Name}' already has an endpoint '{endpoint.Name}': give this one another name.");
        }

        if (env is not null && builder.Resource is IResourceWithEnvironment)
        {
            var ownPort = new EndpointReference(builder.Resource, endpoint.Name).Property(EndpointProperty.TargetPort);
            builder.WithAnnotation(new EnvironmentCallbackAnnotation(context =>
            {
                context.EnvironmentVariables[env] = ownPort;
                return Task.CompletedTask;
            }));
        }

        return builder.WithAnnotation(endpoint);
    }

    /// <summary>Changes an endpoint.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="endpointName">The endpoint.</param>
    /// <param name="callback">Changes it.</param>
    /// <param name="createIfNotExists">Whether it is declared when it is not there.</param>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, string endpointName, Action<EndpointAnnotation> callback, bool createIfNotExists = true)
        where T : IResourceWithEndpoints
    {
        var endpoint = builder.Resource.Annotations.OfType<EndpointAnnotation>()
            .FirstOrDefault(e => string.Equals(e.Name, endpointName, StringComparison.OrdinalIgnoreCase));
        if (endpoint is null && createIfNotExists)
        {
            endpoint = new EndpointAnnotation(ProtocolType.Tcp, name: endpointName);
            builder.WithAnnotation(endpoint);
        }

        if (endpoint is not null)
        {
            callback(endpoint);
        }

        return builder;
    }

    /// <summary>Declares an endpoint that speaks HTTP.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="port">The public port; any free one when it is null.</param>
    /// <param name="targetPort">The port that the resource itself listens on.</param>
    /// <param name="name">Unique within the resource; http when it is null.</param>
    /// <param name="env">A variable that tells the resource which port to listen on.</param>
    /// <param name="isProxied">Whether something may stand in front of the resource.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder,
        int? port = null,
        int? targetPort = null,
        string? name = null,
        string? env = null,
        bool? isProxied = null)
        where T : IResourceWithEndpoints =>
        builder.WithEndpoint(port, targetPort, "http", name, env, isProxied);

    /// <summary>Declares an endpoint that speaks HTTPS.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="port">The public port; any free one when it is null.</param>
    /// <param name="targetPort">The port that the resource itself listens on.</param>
    /// <param name="name">Unique within the resource; https when it is null.</param>
    /// <param name="env">A variable that tells the resource which port to listen on.</param>
    /// <param name="isProxied">Whether something may stand in front of the resource.</param>
    public static IResourceBuilder<T> WithHttpsEndpoint<T>(
        this IResourceBuilder<T> builder,
        int? port = null,
        int? targetPort = null,
        string? name = null,
        string? env = null,
        bool? isProxied = null)
        where T : IResourceWithEndpoints =>
        builder.WithEndpoint(port, targetPort, "https", name, env, isProxied);

    /// <summary>Opens the HTTP endpoints to the world in production.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder) where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https"))
        {
            endpoint.IsExternal = true;
        }

        return builder;
    }

    /// <summary>Names an endpoint; it need not be declared yet.</summary>
    /// <typeparam name="T">The kind of resource.</typeparam>
    /// <param name="builder">The resource.</param>
    /// <param name="name">The endpoint.</param>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name) where T : IResourceWithEndpoints =>
        new(builder.Resource, name);
}
