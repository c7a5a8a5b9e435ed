using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Makes the connections to replicas: short patience for connecting, no idle connection that may be closing, no
/// activities that nobody collects, and headers as the bytes they are.</summary>
internal sealed class UpstreamClientFactory(
    IOptions<GatewayOptions> options, IConfiguration configuration, TimeProvider time, ILogger<ForwarderHttpClientFactory> logger)
    : ForwarderHttpClientFactory(logger)
{
    private readonly bool _isTracing = TraceContextTransform.IsTracing(configuration);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = Timeout.InfiniteTimeSpan; // The connector's own is fairer.
        handler.PooledConnectionIdleTimeout = options.Value.Upstream.IdleTimeout;
        handler.MaxResponseHeadersLength = (options.Value.Upstream.ResponseHeadersSize + 1023) / 1024; // In KiB.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ConnectCallback = ConnectAsync;
        if (!_isTracing)
        {
            handler.ActivityHeadersPropagator = null;
        }
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new UploadHandler(base.WrapHandler(context, handler));

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = await ReplicaConnector.ConnectAsync(context.DnsEndPoint, options.Value.Upstream.ConnectTimeout, time, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return context.InitialRequestMessage.Version.Major > 1 ? stream : new ReplicaStream(stream);
    }

    private sealed class UploadHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // SocketsHttpHandler sends a request again by itself when a kept connection ends before an answer and no body was being
            // sent. For a POST without a body that may do things twice; an empty body makes it let go.
            if (request.Content is null && !Core.Routing.RetryRules.IsSafe(request.Method.Method))
            {
                request.Content = new ByteArrayContent([]);
            }
            else if (Upload.Current is { } upload && request.Content is { } body && request.Version.Major == 1 && body.Headers.ContentLength != 0)
            {
                upload.ReadsMeanwhile = request.Headers.ExpectContinue == true;
                request.Content = new UploadContent(body, upload);
            }
            else if (Upload.Current is not null)
            {
                Upload.Current = null; // Nothing is sent that its connection would have to watch over.
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
