using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds connection strings.</summary>
public static class ConnectionStringBuilderExtensions
{
    /// <summary>Adds a connection string that is put together from other resources.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Unique within the application.</param>
    /// <param name="connectionStringExpression">How it is put together.</param>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression) =>
        builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
}
