using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Nexus.Samples.Web;

/// <summary>Traces, metrics and logs of the sample, by the standard variables (<c>OTEL_*</c>) that a worker agent can set.</summary>
internal static class SampleTelemetry
{
    /// <summary>A method of its own: without a receiver nothing of OpenTelemetry is loaded.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(WebApplicationBuilder builder) => builder.Services.AddOpenTelemetry()
        .WithTracing(tracing => tracing
            .AddAspNetCoreInstrumentation(options => options.Filter = IsWorthASpan)
            .AddHttpClientInstrumentation())
        .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation())
        .WithLogging(configureBuilder: null, options => options.IncludeFormattedMessage = true)
        .UseOtlpExporter();

    /// <summary>Probes come several times a second.</summary>
    private static bool IsWorthASpan(HttpContext context) => context.Request.Path.Value is not ("/health" or "/ready");
}
