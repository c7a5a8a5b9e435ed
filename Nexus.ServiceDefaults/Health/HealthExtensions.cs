using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.ServiceDefaults.Health;

internal static class HealthExtensions
{
    public static void AddDefaultHealth(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, LocalPortMatcherPolicy>());
        services.AddHealthChecks().AddCheck<LoopHealthCheck>("loops", tags: [HealthTags.Live]);
    }

    public static IEnumerable<IEndpointConventionBuilder> MapHealth(this IEndpointRouteBuilder app) =>
    [
        app.MapHealthChecks(DefaultPaths.Health, OptionsFor(_ => true)),
        app.MapHealthChecks(DefaultPaths.Alive, OptionsFor(check => check.Tags.Contains(HealthTags.Live))),
    ];

    private static HealthCheckOptions OptionsFor(Func<HealthCheckRegistration, bool> predicate) =>
        new() { Predicate = predicate, ResponseWriter = WriteAsync };

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new HealthCheckBody(
                entry.Value.Status.ToString(),
                entry.Value.Description,
                Math.Round(entry.Value.Duration.TotalMilliseconds, 2)),
            StringComparer.Ordinal);
        var body = new HealthReportBody(
            report.Status.ToString(),
            new SortedDictionary<string, HealthCheckBody>(checks, StringComparer.Ordinal));
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(
            context.Response.Body, body, HealthJsonContext.Default.HealthReportBody, context.RequestAborted);
    }
}
