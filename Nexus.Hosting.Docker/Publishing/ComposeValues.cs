using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>What a variable or argument was set to, as text of a compose file: services by their names, parameters by their places.</summary>
internal sealed class ComposeValues(ComposeVariables variables)
{
    public async Task<string> TextOfAsync(object? value, CancellationToken cancellationToken) => value switch
    {
        null => "",
        string text => Escaped(text),
        ParameterResource parameter => variables.Of(parameter),
        EndpointReference endpoint => Part(endpoint, EndpointProperty.Url),
        EndpointReferenceExpression part => Part(part.Endpoint, part.Property),
        ReferenceExpression expression => await FormatAsync(expression, cancellationToken),
        ConnectionStringReference reference => await FormatAsync(reference.Resource.ConnectionStringExpression, cancellationToken),
        IResourceWithConnectionString source => await FormatAsync(source.ConnectionStringExpression, cancellationToken),
        IResourceBuilder<IResource> builder => await TextOfAsync(builder.Resource, cancellationToken),
        IValueProvider provider => Escaped(await provider.GetValueAsync(cancellationToken) ?? ""),
        IFormattable formattable => Escaped(formattable.ToString(null, CultureInfo.InvariantCulture)),
        _ => Escaped($"{value}"),
    };

    /// <summary>The port that an endpoint's resource listens on inside its container.</summary>
    public string PortOf(IResource resource, EndpointAnnotation endpoint) => endpoint.TargetPort is { } port
        ? port.ToString(CultureInfo.InvariantCulture)
        : resource is ProjectResource ? variables.PortOf(resource)
        : endpoint.Port is { } open ? open.ToString(CultureInfo.InvariantCulture)
        : throw new DistributedApplicationException(
            $"The endpoint '{endpoint.Name}' of '{resource.Name}' has no targetPort: say which port the program in the container listens on.");

    private string Part(EndpointReference reference, EndpointProperty property)
    {
        var host = reference.Resource.Name;
        var port = PortOf(reference.Resource, reference.EndpointAnnotation);
        return property switch
        {
            EndpointProperty.Url => $"{reference.Scheme}://{host}:{port}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => host,
            EndpointProperty.Port or EndpointProperty.TargetPort => port,
            EndpointProperty.Scheme => reference.Scheme,
            EndpointProperty.HostAndPort => $"{host}:{port}",
            _ => throw new DistributedApplicationException($"{property} of an endpoint cannot be published."),
        };
    }

    private async Task<string> FormatAsync(ReferenceExpression expression, CancellationToken cancellationToken)
    {
        var values = new object?[expression.ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = await TextOfAsync(expression.ValueProviders[i], cancellationToken);
        }

        return string.Format(CultureInfo.InvariantCulture, Escaped(expression.Format), values);
    }

    /// <summary>A dollar of ours would be a variable of compose's.</summary>
    private static string Escaped(string text) => text.Replace("$", "$$", StringComparison.Ordinal);
}
