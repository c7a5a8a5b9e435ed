using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Makes the connections to replicas: short patience for connecting, no idle connection that may be closing, no
/// activities that nobody collects.</summary>
internal sealed class UpstreamClientFactory(
    IOptions<GatewayOptions> options, IConfiguration configuration, ILogger<ForwarderHttpClientFactory> logger)
    : ForwarderHttpClientFactory(logger)
{
    private readonly bool _isTracing = TraceContextTransform.IsTracing(configuration);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = options.Value.Upstream.ConnectTimeout;
        handler.PooledConnectionIdleTimeout = options.Value.Upstream.IdleTimeout;
        if (!_isTracing)
        {
            handler.ActivityHeadersPropagator = null;
        }
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new NoSilentReplay(base.WrapHandler(context, handler));

    /// <summary>
    /// SocketsHttpHandler sends a request again by itself when a kept connection ends before an answer and no body was being
    /// sent. For a POST without a body that may do things twice; an empty body makes it let go.
    /// </summary>
    private sealed class NoSilentReplay(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is null && !Core.Routing.RetryRules.IsSafe(request.Method.Method))
            {
                request.Content = new ByteArrayContent([]);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
