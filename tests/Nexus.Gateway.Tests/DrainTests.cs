using System.Net.WebSockets;
using System.Text;
using Nexus.Core.Routing;
using Nexus.Gateway.Draining;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

public sealed class DrainTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_WebSocket_at_a_drained_destination_is_closed_with_1001_and_its_replica_learns_it()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var b = await Replica.StartAsync("b", Token);
        await using var gateway = await StartAsync("polite", a, b);
        using var socket = await ConnectAsync(gateway);
        await SayAsync(socket, "hello");
        Assert.Equal("hello", await HearAsync(socket));
        var at = Sockets(a) > 0 ? a : b;
        await _catalog.SetMaintenanceAsync(at == a ? "polite-0" : "polite-1", enable: true, Token);

        var end = await socket.ReceiveAsync(new byte[100], Token);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal(1001, (int)socket.CloseStatus!);
        await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, Token);
        await Eventually.TrueAsync(() => at.SocketsClosed.Contains(1001), "the replica's close");
        using var again = await ConnectAsync(gateway);
        await SayAsync(again, "there");
        Assert.Equal("there", await HearAsync(again));
    }

    [Fact]
    public async Task A_client_that_does_not_answer_the_goodbye_is_cut_and_the_replica_told()
    {
        await using var a = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("mute", a);
        using var socket = await ConnectAsync(gateway);
        await SayAsync(socket, "hello");
        Assert.Equal("hello", await HearAsync(socket));
        await _catalog.SetMaintenanceAsync("mute-0", enable: true, Token);
        await Eventually.TrueAsync(() => a.SocketsClosed.Contains(1001), "the replica's close");
    }

    [Fact]
    public async Task A_frame_under_way_is_finished_before_the_goodbye()
    {
        const int size = 3_000_000;
        await using var a = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("large", a);
        using var socket = await ConnectAsync(gateway, "/large");
        var first = await socket.ReceiveAsync(new byte[1000], Token); // The rest waits for us to read.
        Assert.False(first.EndOfMessage);
        await _catalog.SetMaintenanceAsync("large-0", enable: true, Token);
        await gateway.WaitForAsync(s => s.Pools[0].Destinations[0].Rotation == Rotation.Maintenance, "maintenance", Token);
        await Eventually.TrueAsync(() => gateway.Log.Any(entry => entry.Id.Id == 6060), "the drain");
        var (got, buffer) = (first.Count, new byte[64 * 1024]);
        WebSocketReceiveResult last;
        do
        {
            last = await socket.ReceiveAsync(buffer, Token);
            got += last.Count;
            Assert.False(buffer.AsSpan(0, last.Count).ContainsAnyExcept((byte)0), "something was put into a frame");
        }
        while (last.MessageType != WebSocketMessageType.Close);

        Assert.Equal(0, got % size);
        Assert.True(got >= size);
        Assert.Equal(1001, (int)socket.CloseStatus!);
    }

    [Fact]
    public async Task A_stopping_gateway_closes_WebSockets_and_finishes_requests()
    {
        await using var a = await Replica.StartAsync("a", Token);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        a.OnSlow = async () =>
        {
            entered.SetResult();
            await release.Task;
        };
        var gateway = await StartAsync("stops", a);
        using var socket = await ConnectAsync(gateway);
        await SayAsync(socket, "hello");
        Assert.Equal("hello", await HearAsync(socket));
        var slow = gateway.Client.GetAsync(new Uri("/slow", UriKind.Relative), Token);
        await entered.Task.WaitAsync(Token);
        var stopping = gateway.StopAsync();
        var end = await socket.ReceiveAsync(new byte[100], Token);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal(1001, (int)socket.CloseStatus!);
        await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, Token);
        release.SetResult();
        using var answer = await slow;
        Assert.Equal("slow", await answer.Content.ReadAsStringAsync(Token));
        Assert.True(answer.Headers.ConnectionClose);
        await stopping;
        await gateway.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Frames_are_followed_in_whatever_pieces_they_come(int piece)
    {
        byte[] small = [0x81, 2, 1, 2];
        byte[] masked = [0x82, 0x83, 9, 9, 9, 9, 1, 2, 3];
        byte[] medium = [0x82, 126, 1, 0, .. new byte[256]];
        byte[] large = [0x02, 127, 0, 0, 0, 0, 0, 1, 0, 0, .. new byte[65536]];
        byte[] close = [0x88, 0];
        byte[] all = [.. small, .. masked, .. medium, .. large, .. close];
        var ends = new[] { small, masked, medium, large, close }.Select(frame => frame.Length).ToList();
        var tracker = new FrameTracker();
        var (at, found) = (0, new List<int>());
        while (at < all.Length)
        {
            Assert.False(tracker.HasClosed);
            at += tracker.Take(all.AsSpan(at, Math.Min(piece, all.Length - at)), stopsAtBoundary: true);
            if (tracker.IsAtBoundary)
            {
                found.Add(at);
            }
        }

        Assert.Equal(ends.Select((_, i) => ends.Take(i + 1).Sum()), found);
        Assert.True(tracker.HasClosed);
    }

    private static int Sockets(Replica replica) => replica.SocketsOpen;

    private static async Task<ClientWebSocket> ConnectAsync(GatewayUnderTest gateway, string path = "/ws")
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Client.BaseAddress!.Port}{path}"), Token);
        return socket;
    }

    private static Task SayAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Token);

    private static async Task<string> HearAsync(ClientWebSocket socket)
    {
        var buffer = new byte[100];
        return Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, Token)).Count);
    }

    private async Task<GatewayUnderTest> StartAsync(string pool, params Replica[] replicas)
    {
        await _catalog.ApplyAsync($"worker_pools: {{ {pool}: {{ image: x, port: 80, min_replicas: 1, max_replicas: 9 }} }}", Token);
        for (var i = 0; i < replicas.Length; i++)
        {
            await _catalog.RegisterAsync(pool, $"{pool}-{i}", replicas[i].Port, Token);
        }

        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, $"--Gateway:Name={pool}");
        await gateway.WaitForPoolAsync(pool, replicas.Length, Token);
        return gateway;
    }
}
