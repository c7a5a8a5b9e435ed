using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Nexus.Core.Spec;
using Nexus.Gateway.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>How requests are sent to a replica: in which protocol, and how long without a byte.</summary>
internal sealed class UpstreamRequests(IOptions<GatewayOptions> options)
{
    private readonly ConcurrentDictionary<(AppProtocol, TimeSpan), ForwarderRequestConfig> _configs = new();

    /// <summary>How long the head of an answer may take on a route; null for no limit but that of activity.</summary>
    public TimeSpan? HeadTimeout(RouteLimits route) => route.HeadTimeout ?? options.Value.Upstream.ResponseHeaderTimeout;

    /// <summary>The settings for one attempt. Whatever the route allows to take longer without a byte than others is not cut before.</summary>
    public ForwarderRequestConfig For(AppProtocol protocol, RouteLimits route)
    {
        var activity = options.Value.Upstream.ActivityTimeout;
        activity = Longer(activity, HeadTimeout(route));
        activity = Longer(activity, route.BodyTimeout ?? options.Value.Limits.RequestBodyIdleTimeout);
        return _configs.GetOrAdd((protocol, activity), static key => new ForwarderRequestConfig
        {
            Version = key.Item1 == AppProtocol.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = key.Item2,
        });
    }

    // One second on top, so that the limit with a reason of its own comes first.
    private static TimeSpan Longer(TimeSpan activity, TimeSpan? other) =>
        other is { } limit && limit + TimeSpan.FromSeconds(1) > activity ? limit + TimeSpan.FromSeconds(1) : activity;
}
