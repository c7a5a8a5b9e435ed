using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nexus.ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    /// <summary>Meters and sources are named after their assembly. Whole names: a wildcard makes the SDK compile a regular
    /// expression, and that loads the expression compiler.</summary>
    private static readonly string[] Names = [.. NamesOf(Assembly.GetEntryAssembly()), "Yarp.ReverseProxy"];

    /// <summary>
    /// Metrics always (Prometheus reads them); spans and OTLP only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, for a span
    /// nobody collects still costs a fifth of a proxied request's CPU. Sampling, headers and protocol are by the standard
    /// <c>OTEL_*</c> variables.
    /// </summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder, string serviceName)
    {
        var name = builder.Configuration["OTEL_SERVICE_NAME"] ?? serviceName;
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                name, serviceVersion: Version, autoGenerateServiceInstanceId: !NamesInstance(builder.Configuration["OTEL_RESOURCE_ATTRIBUTES"])))
            .WithMetrics(metrics => metrics
                .AddMeter(Names)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()

                // To Prometheus, what ends in _count is a part of a histogram.
                .AddView("dotnet.assembly.count", "dotnet.assemblies")
                .AddView("dotnet.process.cpu.count", "dotnet.process.cpus")
                .AddView("dotnet.timer.count", "dotnet.timers")
                .AddPrometheusExporter());
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            AddOtlp(telemetry);
        }
    }

    /// <summary>A method of its own: whoever has no collector does not load the exporter.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddOtlp(OpenTelemetryBuilder telemetry) => telemetry
        .WithTracing(tracing => tracing
            .AddSource(Names)
            .AddAspNetCoreInstrumentation(options => options.Filter = IsWorthASpan)
            .AddHttpClientInstrumentation(options =>
            {
                options.FilterHttpRequestMessage = IsWorthASpan;
                options.EnrichWithHttpResponseMessage = ForgiveAbsence;
            }))
        .WithLogging(configureBuilder: null, options =>
        {
            options.IncludeFormattedMessage = true;
            options.IncludeScopes = true;
        })
        .UseOtlpExporter();

    /// <summary>A made-up instance would go before the one that whoever started us has given.</summary>
    private static bool NamesInstance(string? attributes) =>
        attributes?.Contains("service.instance.id=", StringComparison.Ordinal) ?? false;

    private static IEnumerable<string> NamesOf(Assembly? program) => program is null
        ? []
        : program.GetReferencedAssemblies().Append(program.GetName()).Select(it => it.Name!)
            .Where(name => name.StartsWith("Nexus.", StringComparison.Ordinal));

    private static string Version =>
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "0";

    private static bool IsWorthASpan(HttpContext context) => !DefaultPaths.Contains(context.Request.Path);

    /// <summary>That a key of Consul's is not there is an answer, and no failure.</summary>
    private static void ForgiveAbsence(Activity activity, HttpResponseMessage response)
    {
        if (response is { StatusCode: HttpStatusCode.NotFound, RequestMessage.RequestUri: { IsAbsoluteUri: true } uri }
            && uri.AbsolutePath.StartsWith("/v1/kv/", StringComparison.Ordinal))
        {
            activity.SetStatus(ActivityStatusCode.Unset);
            activity.SetTag("error.type", null);
        }
    }

    /// <summary>A blocking query (Consul's <c>wait</c>) is a wait of minutes, not a call.</summary>
    private static bool IsWorthASpan(HttpRequestMessage request) =>
        request.RequestUri is not { IsAbsoluteUri: true } uri || !uri.Query.Contains("wait=", StringComparison.Ordinal);
}
