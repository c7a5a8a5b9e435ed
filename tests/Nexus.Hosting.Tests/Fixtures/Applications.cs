using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexus.Hosting.Tests.Fixtures;

/// <summary>The short words that the tests are told in.</summary>
internal static class Applications
{
    public static IResourceBuilder<ProjectResource> AddTestApp(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddProject<Projects.Nexus_Hosting_TestApp>(name).WithHttpEndpoint().WithHttpHealthCheck("/health");

    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "sh", "/", "-c", script);

    public static async Task<DistributedApplication> StartAsync(this IDistributedApplicationTestingBuilder builder, CancellationToken cancellationToken)
    {
        builder.Services.AddLogging(logging => logging.AddProvider(new TestOutputLogging()));
        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        return app;
    }

    public static async Task<string> GetAsync(
        this DistributedApplication app, string resource, string path, CancellationToken cancellationToken)
    {
        using var http = app.CreateHttpClient(resource);
        return await http.GetStringAsync(new Uri(path, UriKind.Relative), cancellationToken);
    }

    public static CustomResourceSnapshot Now(this DistributedApplication app, string id) =>
        app.ResourceNotifications.TryGetCurrentState(id, out var state) ? state.Snapshot
            : throw new InvalidOperationException($"Nothing is known of {id}.");

    public static IReadOnlyList<string> Log(this DistributedApplication app, string id) =>
        app.Services.GetRequiredService<ResourceLoggerService>().LastLines(id, 1000);

    /// <summary>Waits for a line in a resource's log; the line before the first space-separated match is given whole.</summary>
    public static async Task<string> WaitForLineAsync(
        this DistributedApplication app, string id, string start, CancellationToken cancellationToken)
    {
        await foreach (var lines in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(id).WithCancellation(cancellationToken))
        {
            foreach (var line in lines.Where(l => l.Content.StartsWith(start, StringComparison.Ordinal)))
            {
                return line.Content;
            }
        }

        throw new InvalidOperationException($"{id} did not write {start}.");
    }
}
