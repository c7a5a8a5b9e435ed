using Nexus.Core.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>What clients read when the gateway itself must answer: plain text that names what is missing.</summary>
internal static class Refusal
{
    public static Task NotRoutedAsync(HttpContext context) => WriteAsync(
        context,
        StatusCodes.Status404NotFound,
        $"404 Not Found: this gateway has no route for {context.Request.Host.Host}{context.Request.Path}.");

    public static Task NotReadyAsync(HttpContext context) => WriteAsync(
        context,
        StatusCodes.Status503ServiceUnavailable,
        "503 Service Unavailable: this gateway has not received its routes yet.");

    /// <summary>The gateway has no room for the request.</summary>
    public static Task OverloadedAsync(HttpContext context, string why) => WriteAsync(
        context, StatusCodes.Status503ServiceUnavailable, $"503 Service Unavailable: this gateway is overloaded: {why}.");

    /// <summary>The request must not be forwarded as it is. Nothing after it on its connection is read, since what one side takes for
    /// a request the other may take for a part of this one.</summary>
    public static Task BadRequestAsync(HttpContext context, string why) => WriteAsync(
        CloseAfter(context), StatusCodes.Status400BadRequest, "400 Bad Request: " + why);

    public static Task NotImplementedAsync(HttpContext context, string why) => WriteAsync(
        CloseAfter(context), StatusCodes.Status501NotImplemented, "501 Not Implemented: " + why);

    /// <summary>503 says that nothing was done and asking again is safe; 502 and 504 that a replica may have acted.</summary>
    public static Task ForPoolAsync(HttpContext context, string pool, AttemptOutcome? outcome) => outcome switch
    {
        null => WriteAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"503 Service Unavailable: pool '{pool}' has no healthy replica."),
        AttemptOutcome.NotConnected => WriteAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"503 Service Unavailable: no replica of pool '{pool}' accepts connections."),
        AttemptOutcome.TimedOut => WriteAsync(
            context,
            StatusCodes.Status504GatewayTimeout,
            $"504 Gateway Timeout: a replica of pool '{pool}' did not answer in time."),
        AttemptOutcome.InvalidAnswer => WriteAsync(
            context,
            StatusCodes.Status502BadGateway,
            $"502 Bad Gateway: a replica of pool '{pool}' sent an invalid response: {AttemptOutcomes.ReasonOf(context) ?? "malformed"}."),
        AttemptOutcome.Refused when context.Features.Get<IForwarderErrorFeature>()?.Exception is RefusedRequestException e =>
            BadRequestAsync(context, e.Message),
        AttemptOutcome.Refused => WriteAsync(
            context,
            StatusCodes.Status502BadGateway,
            $"502 Bad Gateway: this gateway does not forward the request to pool '{pool}': {AttemptOutcomes.ReasonOf(context) ?? "internal error, see its log"}."),
        _ => WriteAsync(
            context,
            StatusCodes.Status502BadGateway,
            $"502 Bad Gateway: a replica of pool '{pool}' broke off the connection."),
    };

    public static Task BodyTooLargeAsync(HttpContext context, long most) => WriteAsync(
        CloseAfter(context),
        StatusCodes.Status413PayloadTooLarge,
        $"413 Content Too Large: the request body exceeds {most} bytes, the limit for {context.Request.Host.Host}{context.Request.Path}.");

    public static Task BodyTimeoutAsync(HttpContext context, TimeSpan pause) => WriteAsync(
        CloseAfter(context),
        StatusCodes.Status408RequestTimeout,
        $"408 Request Timeout: the request body paused for more than {pause.TotalSeconds} s.");

    // Neither is the rest of the body read nor another request.
    private static HttpContext CloseAfter(HttpContext context)
    {
        context.Response.Clear();
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) && !HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            return context; // HTTP/2 has streams.
        }

        context.Response.OnStarting(
            static state =>
            {
                ((HttpResponse)state).Headers.Connection = "close";
                return Task.CompletedTask;
            },
            context.Response);
        return context;
    }

    private static Task WriteAsync(HttpContext context, int status, string text)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = "1";
        }

        return response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
