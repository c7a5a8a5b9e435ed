using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Launch;

/// <summary>Turns what a variable or argument was set to into text, as seen from the resource that gets it.</summary>
internal static class ValueResolver
{
    /// <summary>This machine, as a container calls it.</summary>
    public const string HostFromContainer = "host.docker.internal";

    public static async ValueTask<string?> ResolveAsync(object? value, bool inContainer, CancellationToken cancellationToken) => value switch
    {
        null => null,
        string text => text,
        EndpointReference endpoint => FromContainer(endpoint.Url, inContainer),
        EndpointReferenceExpression { Property: not EndpointProperty.TargetPort } part =>
            FromContainer(part.Endpoint.PropertyValue(part.Property), inContainer),
        ReferenceExpression expression => await FormatAsync(expression, inContainer, cancellationToken),
        IResourceWithConnectionString source => await FormatAsync(source.ConnectionStringExpression, inContainer, cancellationToken),
        ConnectionStringReference { Optional: false } reference => await RequiredAsync(reference, inContainer, cancellationToken),
        ConnectionStringReference reference => await ResolveAsync(reference.Resource, inContainer, cancellationToken),
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        IResourceBuilder<IResource> builder => await ResolveAsync(builder.Resource, inContainer, cancellationToken),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static async ValueTask<string?> RequiredAsync(ConnectionStringReference reference, bool inContainer, CancellationToken cancellationToken)
    {
        _ = await ((IValueProvider)reference).GetValueAsync(cancellationToken);
        return await ResolveAsync(reference.Resource, inContainer, cancellationToken);
    }

    private static async ValueTask<string?> FormatAsync(ReferenceExpression expression, bool inContainer, CancellationToken cancellationToken)
    {
        var values = new object?[expression.ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = await ResolveAsync(expression.ValueProviders[i], inContainer, cancellationToken);
        }

        return string.Format(CultureInfo.InvariantCulture, expression.Format, values);
    }

    private static string? FromContainer(string? address, bool inContainer) => !inContainer ? address
        : address?.Replace("localhost", HostFromContainer, StringComparison.Ordinal).Replace("127.0.0.1", HostFromContainer, StringComparison.Ordinal);
}
