namespace Aspire.Hosting.ApplicationModel;

/// <summary>Names an endpoint of a resource before anyone knows its port; as a value it is the endpoint's URL.</summary>
/// <param name="owner">The resource that listens.</param>
/// <param name="endpointName">The endpoint's name.</param>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
    : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    /// <summary>The resource that listens.</summary>
    public IResourceWithEndpoints Resource { get; } = owner;

    /// <summary>The endpoint's name.</summary>
    public string EndpointName { get; } = endpointName;

    /// <summary>Whether the port has been chosen.</summary>
    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    /// <summary>Whether the resource declares an endpoint of this name.</summary>
    public bool Exists => Find() is not null;

    /// <summary>The host that others use; throws before the allocation.</summary>
    public string Host => Allocated.Address;

    /// <summary>The public port; throws before the allocation.</summary>
    public int Port => Allocated.Port;

    /// <summary>The resource's own port when it was declared.</summary>
    public int? TargetPort => EndpointAnnotation.TargetPort;

    /// <summary>The scheme of the endpoint's URL.</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary>The endpoint's URL; throws before the allocation.</summary>
    public string Url => Allocated.UriString;

    /// <summary>Whether the scheme is http.</summary>
    public bool IsHttp => string.Equals(Scheme, "http", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the scheme is https.</summary>
    public bool IsHttps => string.Equals(Scheme, "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>The declaration; throws when there is none.</summary>
    public EndpointAnnotation EndpointAnnotation => Find() ?? throw new InvalidOperationException(
        $"The resource '{Resource.Name}' has no endpoint '{EndpointName}'; it has: "
        + $"{string.Join(", ", Resource.Annotations.OfType<EndpointAnnotation>().Select(e => e.Name).DefaultIfEmpty("none"))}.");

    string IManifestExpressionProvider.ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint ?? throw new InvalidOperationException(
        $"The endpoint '{EndpointName}' of '{Resource.Name}' has no port yet: ports are chosen when the application starts.");

    /// <summary>Names one part of the address.</summary>
    /// <param name="property">The part.</param>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <inheritdoc />
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);

    internal string? PropertyValue(EndpointProperty property) => property switch
    {
        EndpointProperty.Url => Url,
        EndpointProperty.Host => Host,
        EndpointProperty.IPV4Host => Host is "localhost" ? "127.0.0.1" : Host,
        EndpointProperty.Port => $"{Port}",
        EndpointProperty.Scheme => Scheme,
        EndpointProperty.TargetPort => Allocated.TargetPortExpression,
        EndpointProperty.HostAndPort => $"{Host}:{Port}",
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, "Not a part of an address."),
    };

    private EndpointAnnotation? Find() => Resource.Annotations.OfType<EndpointAnnotation>()
        .FirstOrDefault(e => string.Equals(e.Name, EndpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A part of an endpoint's address.</summary>
public enum EndpointProperty
{
    /// <summary>The whole URL.</summary>
    Url,

    /// <summary>The host.</summary>
    Host,

    /// <summary>The host as an IPv4 address.</summary>
    IPV4Host,

    /// <summary>The public port.</summary>
    Port,

    /// <summary>The scheme.</summary>
    Scheme,

    /// <summary>The port that the resource itself listens on.</summary>
    TargetPort,

    /// <summary>Host and public port.</summary>
    HostAndPort,
}

/// <summary>One part of an endpoint's address, as a value.</summary>
/// <param name="endpointReference">The endpoint.</param>
/// <param name="property">The part.</param>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property)
    : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint { get; } = endpointReference;

    /// <summary>The part of its address.</summary>
    public EndpointProperty Property { get; } = property;

    /// <inheritdoc />
    public string ValueExpression =>
        $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property.ToString().ToLowerInvariant()}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    /// <inheritdoc />
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Endpoint.PropertyValue(Property));
}
