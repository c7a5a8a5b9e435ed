using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Launch;

/// <summary>The variables that every project gets; the application's own may override them.</summary>
internal static class DefaultVariables
{
    public static Dictionary<string, object> For(ResourceInstance instance, EngineSettings settings, OtlpSettings? telemetry)
    {
        var variables = new Dictionary<string, object>(StringComparer.Ordinal);
        if (instance.Resource is not ProjectResource)
        {
            return variables;
        }

        variables["DOTNET_ENVIRONMENT"] = settings.EnvironmentName;
        variables["ASPNETCORE_ENVIRONMENT"] = settings.EnvironmentName;
        var addresses = instance.Resource.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.UriScheme is "http" or "https")
            .Select(endpoint => $"{endpoint.UriScheme}://{endpoint.TargetHost}:{instance.ListenPorts[endpoint.Name]}");
        if (string.Join(';', addresses) is { Length: > 0 } urls)
        {
            variables["ASPNETCORE_URLS"] = urls;
        }

        if (telemetry is { } otlp)
        {
            AddTelemetry(variables, instance, otlp, settings.EnvironmentName);
        }

        return variables;
    }

    private static void AddTelemetry(Dictionary<string, object> variables, ResourceInstance instance, OtlpSettings otlp, string environment)
    {
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Endpoint;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = otlp.Protocol;
        variables["OTEL_SERVICE_NAME"] = instance.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Id}";
        if (otlp.Headers is { } headers)
        {
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = headers;
        }

        if (otlp.IsLive || environment == "Development")
        {
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "parentbased_always_on"; // all but what a caller wants unrecorded
        }
    }
}
