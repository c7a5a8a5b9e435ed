using Microsoft.AspNetCore.Http.Features;
using Nexus.Gateway.Forwarding;

namespace Nexus.Gateway.Draining;

/// <summary>
/// Stands before the server's own feature while one attempt is made, so that YARP, which copies a WebSocket as it always does, gets
/// a stream that can be closed politely. HTTP/1.1 upgrades and HTTP/2's extended CONNECT alike.
/// </summary>
internal sealed class SocketFeature : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private const string WebSocket = "websocket";

    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private readonly Attempt _attempt;
    private OpenSocket? _open;

    private SocketFeature(IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect, Attempt attempt) =>
        (_upgrade, _connect, _attempt) = (upgrade, connect, attempt);

    public bool IsUpgradableRequest => _upgrade?.IsUpgradableRequest ?? false;

    public bool IsExtendedConnect => _connect?.IsExtendedConnect ?? false;

    public string? Protocol => _connect?.Protocol;

    /// <summary>Steps in if the request is for a WebSocket; null, at the cost of a look, if not.</summary>
    public static SocketFeature? For(HttpContext context, Attempt attempt)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is { IsUpgradableRequest: true }
            && string.Equals(context.Request.Headers.Upgrade, WebSocket, StringComparison.OrdinalIgnoreCase))
        {
            var feature = new SocketFeature(upgrade, connect: null, attempt);
            context.Features.Set<IHttpUpgradeFeature>(feature);
            return feature;
        }

        var connect = context.Features.Get<IHttpExtendedConnectFeature>();
        if (connect is { IsExtendedConnect: true } && string.Equals(connect.Protocol, WebSocket, StringComparison.OrdinalIgnoreCase))
        {
            var feature = new SocketFeature(upgrade: null, connect, attempt);
            context.Features.Set<IHttpExtendedConnectFeature>(feature);
            return feature;
        }

        return null;
    }

    public async Task<Stream> UpgradeAsync() => Open(await _upgrade!.UpgradeAsync());

    public async ValueTask<Stream> AcceptAsync() => Open(await _connect!.AcceptAsync());

    /// <summary>Steps back.</summary>
    public void End(HttpContext context)
    {
        if (_open is { } open)
        {
            _attempt.Destination!.Sockets.TryRemove(open, out _);
            open.IsOver();
        }

        if (_upgrade is not null)
        {
            context.Features.Set(_upgrade);
        }
        else
        {
            context.Features.Set(_connect);
        }
    }

    private WebSocketStream Open(Stream client)
    {
        var stream = new WebSocketStream(client);
        _open = new OpenSocket(stream, _attempt);
        _attempt.Destination!.Sockets.TryAdd(_open, true);
        return stream;
    }
}
