using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Makes of a client's request the one a replica gets: same target, same end-to-end fields, and who asked.</summary>
internal sealed class ForwardedRequestTransform : ITransformProvider
{
    private const string ForwardedPrefix = "X-Forwarded-Prefix";
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // The framework's own notes: what the middleware for forwarded headers replaced, and a length that chunks overrule.
    private static readonly string[] Notes = ["X-Original-For", "X-Original-Proto", "X-Original-Host", "X-Original-Prefix"];

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        context.UseDefaultForwarders = false;
        context.AddRequestTransform(transform =>
        {
            Transform(transform.HttpContext, transform.ProxyRequest, transform.DestinationPrefix);
            return ValueTask.CompletedTask;
        });
    }

    private static void Transform(HttpContext context, HttpRequestMessage request, string destination)
    {
        RemoveHopByHop(context.Request, request);
        CopyLeftOut(context.Request, request);
        TellOfClient(context, request);
        if (request.Headers.NonValidated.Contains(HeaderNames.Host) && string.IsNullOrEmpty(request.Headers.Host))
        {
            throw new RefusedRequestException("header 'Host' is no valid host."); // The HTTP client would add one of its own to it.
        }

        if (context.Features.Get<ForwardedTarget>() is { } target)
        {
            request.RequestUri = new Uri(destination.TrimEnd('/') + target.PathAndQuery, AsWritten);
        }
    }

    private static void RemoveHopByHop(HttpRequest from, HttpRequestMessage request)
    {
        if (HopByHop.Nominated(from.Headers.Connection) is { } nominated)
        {
            nominated.ForEach(name => Remove(request, name));
        }

        if (request.Version.Major == 1)
        {
            Remove(request, HeaderNames.Trailer); // Trailers of requests end here too.
            if (from.Headers.ContainsKey(HeaderNames.TransferEncoding))
            {
                Remove(request, "X-Content-Length"); // Kestrel's name for a Content-Length that Transfer-Encoding overrules.
            }
        }

        foreach (var name in Notes)
        {
            Remove(request, name);
        }
    }

    /// <summary>YARP takes this one for hop-by-hop, which it is not.</summary>
    private static void CopyLeftOut(HttpRequest from, HttpRequestMessage request)
    {
        if (from.Headers.TryGetValue(HeaderNames.UpgradeInsecureRequests, out var values)
            && !HopByHop.Names(HopByHop.Nominated(from.Headers.Connection), HeaderNames.UpgradeInsecureRequests))
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, (IEnumerable<string?>)values);
        }
    }

    private static void TellOfClient(HttpContext context, HttpRequestMessage request)
    {
        var peer = context.Connection.RemoteIpAddress;
        Set(request, "X-Forwarded-For", (peer is { IsIPv4MappedToIPv6: true } ? peer.MapToIPv4() : peer)?.ToString());
        Set(request, "X-Forwarded-Proto", context.Request.Scheme);
        Set(request, "X-Forwarded-Host", context.Request.Host.HasValue ? context.Request.Host.ToUriComponent() : null);
        if (context.Features.Get<ForwardedTarget>()?.StrippedPrefix is { } prefix)
        {
            // Left is only what a trusted proxy says it stripped before.
            var before = context.Request.Headers[ForwardedPrefix].ToString().TrimEnd('/');
            Set(request, ForwardedPrefix, before + prefix);
        }
    }

    private static void Set(HttpRequestMessage request, string name, string? value)
    {
        request.Headers.Remove(name);
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static void Remove(HttpRequestMessage request, string name)
    {
        // Which of the two a field belongs to is for the framework to know; asking the wrong one throws.
        if (request.Headers.NonValidated.Contains(name))
        {
            request.Headers.Remove(name);
        }
        else if (request.Content?.Headers is { } content && content.NonValidated.Contains(name))
        {
            content.Remove(name);
        }
    }
}
