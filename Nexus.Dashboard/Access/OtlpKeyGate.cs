using Microsoft.AspNetCore.Http;

namespace Nexus.Dashboard.Access;

/// <summary>Lets in only senders of telemetry that know the key.</summary>
internal sealed class OtlpKeyGate(RequestDelegate next, OtlpKey key)
{
    public const string Header = "x-otlp-api-key";

    public Task InvokeAsync(HttpContext context)
    {
        if (key.Secret.Is(context.Request.Headers[Header]))
        {
            return next(context);
        }

        // gRPC's clients read 401 as Unauthenticated.
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync($"The header {Header} is missing or wrong; it stands in OTEL_EXPORTER_OTLP_HEADERS of the resources.");
    }
}

/// <summary>The key of the receiver.</summary>
internal sealed record OtlpKey(Secret Secret);
