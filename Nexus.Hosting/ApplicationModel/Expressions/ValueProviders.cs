namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is known only when the application runs.</summary>
public interface IValueProvider
{
    /// <summary>The value now.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>A value that has a placeholder in published files.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>The placeholder.</summary>
    string ValueExpression { get; }
}

/// <summary>A value that is made of others.</summary>
public interface IValueWithReferences
{
    /// <summary>What the value is made of.</summary>
    IEnumerable<object> References { get; }
}

/// <summary>A resource that others reach by a connection string.</summary>
public interface IResourceWithConnectionString : IResource, IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    /// <summary>How the connection string is put together.</summary>
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>The variable it is passed in, when that is not ConnectionStrings__name.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

    /// <summary>The connection string now.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) =>
        GetConnectionStringAsync(cancellationToken);
}
