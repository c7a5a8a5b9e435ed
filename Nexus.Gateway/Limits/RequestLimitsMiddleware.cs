using Microsoft.AspNetCore.Http.Features;
using Nexus.Gateway.Forwarding;
using Nexus.Gateway.Observability;

namespace Nexus.Gateway.Limits;

/// <summary>Limits the size of request bodies and the pauses in them. The limits are those of the route that is tried, which may change while the request is forwarded.</summary>
internal sealed class RequestLimitsMiddleware(RequestDelegate next, GatewayTelemetry telemetry, TimeProvider time)
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
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null; // Counted here, so that a route may allow more than the gateway.
        }

        var original = context.Request.Body;
        await using var body = new LimitedBody(original, context, time);
        context.Request.Body = body;
        context.Features.Set(body);
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Body = original;
            context.Features.Set<LimitedBody>(null);
        }

        if (body.Exceeded is { } reason && !context.Response.HasStarted)
        {
            telemetry.Refused(reason);
            await (reason == RefusalReason.BodyTooLarge
                ? Refusal.BodyTooLargeAsync(context, body.Limits.Most ?? 0)
                : Refusal.BodyTimeoutAsync(context, body.Limits.Pause));
        }
    }
}
