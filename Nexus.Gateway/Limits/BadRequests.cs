using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Nexus.Gateway.Observability;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Nexus.Gateway.Limits;

/// <summary>
/// Counts the requests that the server refuses before any middleware sees them, and gives the answer its reason: Kestrel's own
/// answers have a status and an empty body.
/// </summary>
internal sealed class BadRequests(DiagnosticListener diagnostics, GatewayTelemetry telemetry, IOptions<KestrelServerOptions> kestrel)
    : IHostedService, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = diagnostics.Subscribe(this, static name => name == EventName);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => Interlocked.Exchange(ref _subscription, null)?.Dispose();

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    /// <summary>Runs within the connection's own loop, after the refusal was decided and before it is written.</summary>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key != EventName || value.Value is not IFeatureCollection features
            || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException error)
        {
            return;
        }

        telemetry.Refused(ReasonOf(error.StatusCode));
        if (features.Get<IHttpResponseFeature>() is { HasStarted: false } response && features.Get<IHttp2StreamIdFeature>() is null)
        {
            Write(features, response, $"{TextFor(error, kestrel.Value.Limits)}\n");
        }
    }

    private static void Write(IFeatureCollection features, IHttpResponseFeature response, string text)
    {
        if (features.Get<IConnectionTransportFeature>()?.Transport.Output is not { } output
            || features.Get<IHttpResponseBodyFeature>() is not { } body)
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Connection = "close";
        response.Headers.ContentLength = bytes.Length;

        // No request has come to be whose body could be written the usual way: the head is started, and the text follows it into the
        // connection. Nothing else writes to an HTTP/1.1 connection now, and the server closes it next.
        if (body.StartAsync().IsCompletedSuccessfully)
        {
            bytes.CopyTo(output.GetSpan(bytes.Length));
            output.Advance(bytes.Length);
        }
    }

    private static RefusalReason ReasonOf(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => RefusalReason.RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => RefusalReason.BodyTooLarge,
        StatusCodes.Status414UriTooLong => RefusalReason.RequestLineTooLong,
        StatusCodes.Status431RequestHeaderFieldsTooLarge => RefusalReason.HeadersTooLarge,
        _ => RefusalReason.BadRequest,
    };

    private static string TextFor(BadHttpRequestException error, KestrelServerLimits limits) => error.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout =>
            $"408 Request Timeout: the headers of the request did not arrive within {limits.RequestHeadersTimeout.TotalSeconds} s.",
        StatusCodes.Status413PayloadTooLarge => "413 Content Too Large: the request body exceeds the limit of this gateway.",
        StatusCodes.Status414UriTooLong =>
            $"414 URI Too Long: the request line exceeds {limits.MaxRequestLineSize} bytes, the limit of this gateway.",
        StatusCodes.Status431RequestHeaderFieldsTooLarge =>
            $"431 Request Header Fields Too Large: the headers exceed {limits.MaxRequestHeadersTotalSize} bytes or "
            + $"{limits.MaxRequestHeaderCount} fields, the limits of this gateway.",
        _ => $"{error.StatusCode} Bad Request: {error.Message}",
    };
}
