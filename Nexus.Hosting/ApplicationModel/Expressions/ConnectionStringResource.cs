using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A named connection string that is put together from other resources.</summary>
/// <param name="name">Unique within the application.</param>
/// <param name="connectionStringExpression">How it is put together.</param>
public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    /// <inheritdoc />
    public ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
}
