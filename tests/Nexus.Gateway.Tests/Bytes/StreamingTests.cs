using System.Security.Cryptography;
using System.Text;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

public sealed class StreamingTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const int Piece = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_upload_arrives_whole(bool isChunked)
    {
        const int pieces = 100;
        var seen = "";
        wire.Begin(async connection =>
        {
            if (await connection.ReadHeadAsync() is null)
            {
                return; // A connection that was opened for nothing.
            }

            seen = await connection.HashBodyAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        });
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        await client.SendAsync(Encoding.ASCII.GetBytes(
            $"PUT /up HTTP/1.1\r\nHost: any.test\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {(long)pieces * Piece}")}\r\n\r\n"), Token);
        var random = new Random(1);
        var bytes = new byte[Piece];
        for (var i = 0; i < pieces; i++)
        {
            random.NextBytes(bytes);
            sent.AppendData(bytes);
            await client.SendAsync(isChunked ? [.. Encoding.ASCII.GetBytes($"{Piece:x}\r\n"), .. bytes, .. "\r\n"u8] : bytes, Token);
        }

        await client.SendAsync(isChunked ? "0\r\n\r\n"u8.ToArray() : [], Token);
        Assert.Equal("done", (await client.ReadAnswerAsync("PUT", Token)).Text);
        Assert.Equal(Convert.ToHexString(sent.GetHashAndReset()), seen);
    }

    [Fact]
    public async Task A_large_download_arrives_whole()
    {
        const int pieces = 200;
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        wire.Begin(async connection =>
        {
            if (await connection.ReadRequestAsync() is null)
            {
                return; // A connection that was opened for nothing must not count in the hash.
            }

            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {(long)pieces * Piece}\r\n\r\n");
            var random = new Random(2);
            var bytes = new byte[Piece];
            for (var i = 0; i < pieces; i++)
            {
                random.NextBytes(bytes);
                sent.AppendData(bytes);
                await connection.SendAsync(bytes);
            }
        });
        using var answer = await wire.Gateway.Client.GetAsync(new Uri("/down", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        var got = Convert.ToHexString(await SHA256.HashDataAsync(body, Token));
        Assert.Equal(Convert.ToHexString(sent.GetHashAndReset()), got);
    }

    [Fact]
    public async Task A_refused_upgrade_passes()
    {
        wire.Begin(RawReplica.Answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
        var answer = await wire.AskAsync(
            "GET /ws HTTP/1.1\r\nHost: any.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        Assert.Equal((403, "no"), (answer.Status, answer.Text));
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task A_WebSocket_on_a_stripped_route_carries_bytes_both_ways()
    {
        wire.Begin(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
            await connection.EchoAsync();
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        await client.SendAsync(
            "GET /app/ws HTTP/1.1\r\nHost: strip.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n"u8.ToArray(), Token);
        var answer = await client.ReadAnswerAsync("GET", Token);
        Assert.Equal((101, "chat"), (answer.Status, answer["Sec-WebSocket-Protocol"]));
        Assert.Equal(("/ws", "/app"), (Assert.Single(wire.Requests).Target, wire.Requests[0]["X-Forwarded-Prefix"]));
        await client.SendAsync("\u0001\u0005hello\n"u8.ToArray(), Token);
        Assert.Equal("\u0001\u0005hello", await client.ReadLineAsync(Token));
    }

    [Fact]
    public async Task A_client_that_leaves_is_told_to_the_replica()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        wire.Begin(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
            try
            {
                while (await connection.SkipAsync())
                {
                }
            }
            finally
            {
                gone.TrySetResult();
            }
        });
        using (var client = await RawClient.ConnectAsync(wire.Port, Token))
        {
            await client.SendAsync("GET /events HTTP/1.1\r\nHost: any.test\r\n\r\n"u8.ToArray(), Token);
            string line;
            do
            {
                line = await client.ReadLineAsync(Token);
            }
            while (line != "data: 1");
        }

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
        await wire.QuietAsync();
        Assert.True(wire.Ejections.IsEmpty);
    }
}
