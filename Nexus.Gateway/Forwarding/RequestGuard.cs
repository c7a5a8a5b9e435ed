using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using IPNetwork = System.Net.IPNetwork;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Before all else: refuses a request that must not be forwarded as it is, and takes off what an untrusted client says of itself.
/// </summary>
internal sealed class RequestGuard
{
    private readonly RequestDelegate _next;
    private readonly IPNetwork[] _trusted;

    public RequestGuard(RequestDelegate next, IOptions<GatewayOptions> options)
    {
        _next = next;
        _trusted = [.. options.Value.TrustedProxies.Select(proxy => IPNetwork.TryParse(proxy, out var network) ? network : Single(IPAddress.Parse(proxy)))];
    }

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsConnect(request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            return Refusal.NotImplementedAsync(context, "this gateway opens no tunnels (CONNECT).");
        }

        if (HttpMethods.GetCanonicalizedValue(request.Method) != request.Method)
        {
            // Another method than the one in capitals, which the HTTP client would make of it.
            return Refusal.NotImplementedAsync(context, $"method '{request.Method}'; methods are case-sensitive.");
        }

        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (WhyNotForwarded(target) is { } why)
        {
            return Refusal.BadRequestAsync(context, why);
        }

        if (request.Headers.TryGetValue(HeaderNames.TransferEncoding, out var codings))
        {
            if (codings is not [var coding] || !string.Equals(coding, "chunked", StringComparison.OrdinalIgnoreCase))
            {
                // The server reads whatever ends with chunked as chunked, once; what was coded otherwise besides would pass for plain.
                return Refusal.NotImplementedAsync(context, "a transfer coding other than chunked (Transfer-Encoding).");
            }

            if (HttpProtocol.IsHttp10(request.Protocol))
            {
                return Refusal.BadRequestAsync(context, "Transfer-Encoding in HTTP/1.0."); // Faulty framing, says RFC 9112 §6.1.
            }
        }

        if (request.Headers.ContainsKey(HeaderNames.Upgrade) && (!HttpMethods.IsGet(request.Method) || HttpProtocol.IsHttp10(request.Protocol)))
        {
            // Ignored, as a server may, and in HTTP/1.0 must (RFC 9110 §7.8): a WebSocket is opened by GET, and the forwarder makes a GET of it.
            request.Headers.Remove(HeaderNames.Upgrade);
        }

        if (HttpProtocol.IsHttp10(request.Protocol) && ConnectionEncoding.OnlySeemsToKeep(request.Headers.Connection))
        {
            context.Response.Headers.Connection = "close";
        }

        if (CheckFields(context) is { } wrong)
        {
            return Refusal.BadRequestAsync(context, wrong);
        }

        if (target == "*" && HttpMethods.IsOptions(request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent; // The server as a whole is the gateway (RFC 9110 §9.3.7).
            return Task.CompletedTask;
        }

        return _next(context);
    }

    private static string? WhyNotForwarded(string target)
    {
        if (target.Contains('#', StringComparison.Ordinal))
        {
            return "the request target has a fragment ('#').";
        }

        return FieldText.HasControl(target) || target.Contains('\t', StringComparison.Ordinal)
            ? "the request target has a control character."
            : null;
    }

    private string? CheckFields(HttpContext context)
    {
        List<string>? claims = null;
        foreach (var (name, values) in context.Request.Headers)
        {
            if (name.StartsWith(':'))
            {
                continue; // HTTP/2's own.
            }

            if (!FieldText.IsToken(name))
            {
                return "a header has a name that HTTP does not allow.";
            }

            foreach (var value in values)
            {
                if (FieldText.HasControl(value))
                {
                    return $"header '{name}' has a control character.";
                }
            }

            if (ForwardingFields.Contains(name))
            {
                (claims ??= []).Add(name);
            }
        }

        if (claims is not null && !IsTrusted(context.Connection.RemoteIpAddress))
        {
            claims.ForEach(name => context.Request.Headers.Remove(name));
        }

        return null;
    }

    private bool IsTrusted(IPAddress? peer)
    {
        if (peer is null || _trusted.Length == 0)
        {
            return false;
        }

        var plain = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        return Array.Exists(_trusted, network => network.Contains(plain));
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
