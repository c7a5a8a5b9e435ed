using System.Text;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

/// <summary>A replica may answer before it has read the whole request; the client gets that answer.</summary>
public sealed class EarlyAnswerTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const int Chunk = 64 * 1024;
    private const string TooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool> Endings => new()
    {
        { "resets", false },
        { "resets", true },
        { "closes", false },
        { "closes", true },
        { "reads no more", false },
        { "reads no more", true },
        { "reads on", false },
        { "reads on", true },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task An_answer_that_comes_before_the_end_of_an_upload_reaches_the_client(string ending, bool isChunked)
    {
        wire.Begin(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(TooLarge);
            await EndAsync(connection, ending);
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        var upload = UploadAsync(client, 20_000_000, isChunked);
        var answer = await client.ReadAnswerAsync("POST", Token);
        Assert.Equal((413, "too big"), (answer.Status, answer.Text));
        client.Dispose();
        await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await wire.QuietAsync();
        wire.AssertNobodyBlamed();
        wire.AssertNoErrorLogged();
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task A_client_that_reads_only_after_its_upload_gets_the_early_answer_too(string ending, bool isChunked)
    {
        wire.Begin(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(TooLarge);
            await EndAsync(connection, ending);
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        await UploadAsync(client, 5_000_000, isChunked);
        var answer = await client.ReadAnswerAsync("POST", Token);
        Assert.Equal((413, "too big"), (answer.Status, answer.Text));
        await wire.QuietAsync();
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task The_next_request_after_an_early_answer_is_not_sent_into_the_unfinished_one()
    {
        var heads = 0;
        wire.Begin(async connection =>
        {
            while (await connection.ReadHeadAsync() is { } request)
            {
                if (request.Method == "GET")
                {
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
                    return;
                }

                Interlocked.Increment(ref heads);
                await connection.SendAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"); // Keeps the connection.
                if (!await connection.SkipRequestAsync())
                {
                    return;
                }
            }
        });
        for (var i = 1; i <= 3; i++)
        {
            using var client = await RawClient.ConnectAsync(wire.Port, Token);
            var upload = UploadAsync(client, 3_000_000, isChunked: i == 2);
            var answer = await client.ReadAnswerAsync("POST", Token);
            Assert.Equal((401, "no"), (answer.Status, answer.Text));
            client.Dispose();
            await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await wire.QuietAsync();
            var next = await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
            Assert.Equal("next", next.Text);
            Assert.Equal(i, heads);
        }

        wire.AssertNobodyBlamed(6);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: ")] // A final answer that says nothing against reading on.
    public async Task A_replica_that_reads_on_gets_the_whole_upload(string early)
    {
        wire.Begin(async connection =>
        {
            await connection.ReadHeadAsync(counts: false);
            await connection.SendAsync(early);
            var request = await connection.ReadRequestAsync();
            var length = request!.Body.Length.ToString();
            await connection.SendAsync(early.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                ? $"{length.Length}\r\n\r\n{length}"
                : $"HTTP/1.1 200 OK\r\nContent-Length: {length.Length}\r\n\r\n{length}");
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        await UploadAsync(client, 700_000, isChunked: false);
        var answer = await client.ReadAnswerAsync("POST", Token);
        Assert.Equal((200, "700000"), (answer.Status, answer.Text));
        await wire.QuietAsync();
        Assert.True(wire.Ejections.IsEmpty);
    }

    [Fact]
    public async Task An_upload_that_breaks_without_an_answer_is_held_against_the_replica()
    {
        wire.Begin(async connection =>
        {
            await connection.ReadHeadAsync();
            connection.Reset();
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        var upload = UploadAsync(client, 3_000_000, isChunked: false);
        var answer = await client.ReadAnswerAsync("POST", Token);
        Assert.Equal(502, answer.Status);
        Assert.Contains("broke off the connection", answer.Text, StringComparison.Ordinal);
        client.Dispose();
        await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await wire.QuietAsync();
        Assert.Single(wire.Ejections.All);
        Assert.Single(wire.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno", 417)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", 200)]
    public async Task An_expectation_is_the_replicas_to_meet(string first, int expected)
    {
        wire.Begin(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(first);
            if (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {request.Text.Length}\r\n\r\n{request.Text}");
            }
        });
        using var client = await RawClient.ConnectAsync(wire.Port, Token);
        await client.SendAsync(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: any.test\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n"), Token);
        if (expected == 200)
        {
            Assert.Equal("HTTP/1.1 100 Continue", await client.ReadLineAsync(Token));
            Assert.Equal("", await client.ReadLineAsync(Token));
            await client.SendAsync(new byte[2000], Token);
        }

        var answer = await client.ReadAnswerAsync("POST", Token);
        Assert.Equal(expected, answer.Status);
        Assert.True(wire.Ejections.IsEmpty);
    }

    private static async Task EndAsync(RawConnection connection, string ending)
    {
        switch (ending)
        {
            case "resets":
                connection.Reset();
                break;
            case "closes":
                break;
            case "reads no more":
                await connection.HoldAsync();
                break;
            default:
                while (await connection.SkipAsync())
                {
                }

                break;
        }
    }

    private static async Task UploadAsync(RawClient client, int size, bool isChunked)
    {
        var framing = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {size}";
        await client.SendAsync(Encoding.ASCII.GetBytes($"POST /upload HTTP/1.1\r\nHost: any.test\r\n{framing}\r\n\r\n"), Token);
        for (var left = size; left > 0; left -= Chunk)
        {
            var part = Math.Min(left, Chunk);
            byte[] bytes = isChunked ? [.. Encoding.ASCII.GetBytes($"{part:x}\r\n"), .. new byte[part], (byte)'\r', (byte)'\n'] : new byte[part];
            await client.SendAsync(bytes, Token);
        }

        if (isChunked)
        {
            await client.SendAsync("0\r\n\r\n"u8.ToArray(), Token);
        }
    }
}
