using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.Hosting.Engine.Health;

/// <summary>Makes a running copy healthy when its own port answers as expected.</summary>
/// <param name="path">What to ask for.</param>
/// <param name="statusCode">The expected status.</param>
/// <param name="endpointName">The endpoint; the first that speaks HTTP when it is null.</param>
internal sealed class HttpHealthCheckAnnotation(string path, int statusCode, string? endpointName) : IResourceAnnotation
{
    public string Path { get; } = path.StartsWith('/') ? path : $"/{path}";

    public int StatusCode { get; } = statusCode;

    public string? EndpointName { get; } = endpointName;
}

/// <summary>A check of one running copy.</summary>
/// <param name="Name">What it is reported as.</param>
/// <param name="RunAsync">Runs it.</param>
internal sealed record InstanceHealthCheck(string Name, Func<CancellationToken, Task<HealthReportSnapshot>> RunAsync);

/// <summary>Makes the checks that a running copy was declared with.</summary>
internal sealed class InstanceHealthChecks(HttpClient http, IServiceProvider services)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public IReadOnlyList<InstanceHealthCheck> For(ResourcePlan plan, ResourceInstance instance) =>
    [
        .. instance.Resource.Annotations.OfType<HttpHealthCheckAnnotation>().Select(a => Http(a, plan, instance)),
        .. instance.Resource.Annotations.OfType<HealthCheckAnnotation>().Select(Registered),
    ];

    private InstanceHealthCheck Http(HttpHealthCheckAnnotation annotation, ResourcePlan plan, ResourceInstance instance)
    {
        var endpoint = plan.Endpoints.FirstOrDefault(e => annotation.EndpointName is { } wanted
            ? string.Equals(e.Endpoint.Name, wanted, StringComparison.OrdinalIgnoreCase)
            : e.Endpoint.UriScheme is "http" or "https") ?? throw new Aspire.Hosting.DistributedApplicationException(
                $"its HTTP health check needs the endpoint '{annotation.EndpointName ?? "http"}', which is not declared");

        // A container's own port is not reachable from here; a replica's own is, and tells more than the shared one.
        var port = instance.Resource is ContainerResource ? endpoint.PublicPort : endpoint.ListenPorts[instance.Index];
        var url = new Uri($"{endpoint.Endpoint.UriScheme}://{endpoint.Endpoint.AllocatedEndpoint!.Address}:{port}{annotation.Path}");
        var name = $"{plan.Resource.Name}_{endpoint.Endpoint.Name}_{annotation.Path}_{annotation.StatusCode}_check";
        return new InstanceHealthCheck(name, token => ProbeAsync(name, url, annotation.StatusCode, token));
    }

    private async Task<HealthReportSnapshot> ProbeAsync(string name, Uri url, int expected, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var status = (int)response.StatusCode;
            return status == expected
                ? new HealthReportSnapshot(name, HealthStatus.Healthy, null, null)
                : new HealthReportSnapshot(name, HealthStatus.Unhealthy, $"{url} answers {status}, expected {expected}", null);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            var why = exception is HttpRequestException failed
                ? failed.HttpRequestError == HttpRequestError.ConnectionError ? failed.Message : failed.GetBaseException().Message
                : $"no answer within {Timeout.TotalSeconds} s";
            return new HealthReportSnapshot(name, HealthStatus.Unhealthy, $"{url}: {why}", exception.ToString());
        }
    }

    private InstanceHealthCheck Registered(HealthCheckAnnotation annotation) => new(annotation.Key, async token =>
    {
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(r => r.Name == annotation.Key, token);
        return report.Entries.TryGetValue(annotation.Key, out var entry)
            ? new HealthReportSnapshot(annotation.Key, entry.Status, entry.Description, entry.Exception?.ToString())
            : new HealthReportSnapshot(annotation.Key, HealthStatus.Unhealthy, "no health check is registered under this name", null);
    });
}
