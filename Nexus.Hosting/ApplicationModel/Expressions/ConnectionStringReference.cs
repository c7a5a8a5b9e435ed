namespace Aspire.Hosting.ApplicationModel;

/// <summary>The connection string of a resource, as a value that another resource is started with.</summary>
/// <param name="resource">The resource that is reached by it.</param>
/// <param name="optional">Whether the value may be missing.</param>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional)
    : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    /// <summary>The resource that is reached by it.</summary>
    public IResourceWithConnectionString Resource { get; } = resource;

    /// <summary>Whether the value may be missing.</summary>
    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => Resource.ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    async ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken)
    {
        var value = await Resource.GetConnectionStringAsync(cancellationToken);
        return !string.IsNullOrEmpty(value) || Optional ? value : throw new DistributedApplicationException(
            $"The connection string of the resource '{Resource.Name}' is empty.");
    }
}
