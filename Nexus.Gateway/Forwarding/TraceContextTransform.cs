using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Hands a client's trace context through while the gateway itself does not trace. YARP leaves those headers to the HTTP
/// handler's propagator, which is off then because it costs.
/// </summary>
internal sealed class TraceContextTransform(IConfiguration configuration) : ITransformProvider
{
    private static readonly string[] Headers = ["traceparent", "tracestate", "baggage"];

    private readonly bool _isTracing = IsTracing(configuration);

    public static bool IsTracing(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        if (!_isTracing)
        {
            context.AddRequestTransform(CopyAsync);
        }
    }

    private static ValueTask CopyAsync(RequestTransformContext context)
    {
        foreach (var header in Headers)
        {
            if (context.HttpContext.Request.Headers.TryGetValue(header, out var values))
            {
                context.ProxyRequest.Headers.Remove(header);
                context.ProxyRequest.Headers.TryAddWithoutValidation(header, (IEnumerable<string?>)values);
            }
        }

        return ValueTask.CompletedTask;
    }
}
