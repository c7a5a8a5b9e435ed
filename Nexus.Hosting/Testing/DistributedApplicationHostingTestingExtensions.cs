using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Testing;

/// <summary>Reaches the resources of a running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>Makes a client whose base address is the resource's endpoint; the caller disposes it.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="resourceName">The resource.</param>
    /// <param name="endpointName">The endpoint; https, else http, else the only one when it is null.</param>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null) =>
        new() { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    /// <summary>The address of a resource's endpoint.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="resourceName">The resource.</param>
    /// <param name="endpointName">The endpoint; https, else http, else the only one when it is null.</param>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var resource = Find(app, resourceName);
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        var endpoint = endpointName is null
            ? endpoints.Find(e => e.UriScheme == "https") ?? endpoints.Find(e => e.UriScheme == "http") ?? endpoints.FirstOrDefault()
            : endpoints.Find(e => string.Equals(e.Name, endpointName, StringComparison.OrdinalIgnoreCase));
        var allocated = (endpoint ?? throw new ArgumentException(
            $"The resource '{resourceName}' has no endpoint '{endpointName ?? "http"}'; "
            + $"it has: {string.Join(", ", endpoints.Select(e => e.Name).DefaultIfEmpty("none"))}.", nameof(endpointName))).AllocatedEndpoint;
        return new Uri((allocated ?? throw new InvalidOperationException(
            $"The endpoint '{endpoint.Name}' of '{resourceName}' has no port yet: start the application first.")).UriString);
    }

    /// <summary>The connection string of a resource.</summary>
    /// <param name="app">The running application.</param>
    /// <param name="resourceName">The resource.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Find(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"The resource '{resourceName}' has no connection string.", nameof(resourceName));

    private static IResource Find(DistributedApplication app, string name)
    {
        var resources = app.Services.GetRequiredService<DistributedApplicationModel>().Resources;
        return resources.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)) ?? throw new ArgumentException(
            $"There is no resource '{name}'; there are: {string.Join(", ", resources.Select(r => r.Name))}.", nameof(name));
    }
}
