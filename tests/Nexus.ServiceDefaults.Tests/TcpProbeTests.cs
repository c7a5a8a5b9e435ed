using System.Net;
using System.Net.Sockets;
using Nexus.ServiceDefaults.Sockets;

namespace Nexus.ServiceDefaults.Tests;

/// <summary>Against real sockets of this machine.</summary>
public sealed class TcpProbeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Peer.StaysOpen, true)]
    [InlineData(Peer.Greets, true)]
    [InlineData(Peer.Closes, false)]
    [InlineData(Peer.Resets, false)]
    public async Task IsServedAsync_tells_a_server_from_a_proxy_without_one(Peer peer, bool served)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = AcceptAsync(listener, peer);

        var result = await TcpProbe.IsServedAsync("127.0.0.1", PortOf(listener), TimeSpan.FromSeconds(2), TimeProvider.System, Cancel);

        Assert.Equal(served, result);
        using var accepted = await accepting;
    }

    [Fact]
    public async Task IsServedAsync_takes_an_accepted_connection_where_nothing_forwards_it()
    {
        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        listener.Start();

        Assert.True(await TcpProbe.IsServedAsync("::1", PortOf(listener), TimeSpan.Zero, TimeProvider.System, Cancel));
    }

    [Fact]
    public async Task IsServedAsync_throws_where_nothing_listens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = PortOf(listener);
        listener.Stop();

        var e = await Assert.ThrowsAsync<SocketException>(
            () => TcpProbe.IsServedAsync("127.0.0.1", port, TimeSpan.FromSeconds(2), TimeProvider.System, Cancel));

        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static async Task<Socket> AcceptAsync(TcpListener listener, Peer peer)
    {
        var socket = await listener.AcceptSocketAsync(Cancel);
        switch (peer)
        {
            case Peer.Greets:
                await socket.SendAsync("220 ready\r\n"u8.ToArray(), Cancel);
                socket.Close();
                break;
            case Peer.Closes:
                socket.Close();
                break;
            case Peer.Resets:
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
                break;
            default:
                break;
        }

        return socket;
    }

    public enum Peer
    {
        StaysOpen,
        Greets,
        Closes,
        Resets,
    }
}
