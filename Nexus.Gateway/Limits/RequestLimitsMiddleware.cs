using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Observability;
using Nexus.Gateway.Routing;

namespace Nexus.Gateway.Limits;

/// <summary>Applies the limits of a route to request bodies: their size, and how long the client may pause.</summary>
internal sealed class RequestLimitsMiddleware(
    RequestDelegate next, GatewayTelemetry telemetry, IOptions<GatewayOptions> options, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var canHaveBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        return canHaveBody && !HttpMethods.IsConnect(context.Request.Method) // An extended CONNECT is a connection, not a body.
            ? LimitAsync(context)
            : next(context);
    }

    private async Task LimitAsync(HttpContext context)
    {
        var route = RouteLimits.Of(context.GetReverseProxyFeature().Route.Config);
        var most = route.MaxBodyBytes ?? options.Value.MaxRequestBodySize;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null; // Counted here, so that a route may allow more than the gateway.
        }

        var pause = route.BodyTimeout ?? options.Value.Limits.RequestBodyIdleTimeout;
        if (most is { } limit && context.Request.ContentLength > limit)
        {
            await RefuseAsync(context, RefusalReason.BodyTooLarge, most, pause);
            return;
        }

        var original = context.Request.Body;
        await using var body = new LimitedBody(original, most, pause, context.Response, time);
        context.Request.Body = body;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Body = original;
        }

        if (body.Exceeded is { } reason && !context.Response.HasStarted)
        {
            await RefuseAsync(context, reason, most, pause);
        }
    }

    private Task RefuseAsync(HttpContext context, RefusalReason reason, long? most, TimeSpan pause)
    {
        telemetry.Refused(reason);
        return reason == RefusalReason.BodyTooLarge
            ? Refusal.BodyTooLargeAsync(context, most ?? 0)
            : Refusal.BodyTimeoutAsync(context, pause);
    }
}
