using Nexus.Core.Routing;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

/// <summary>Answers at the edge of the RFCs and beyond: what is legal passes, what is not is a 502 with its reason.</summary>
public sealed class AnswerTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const string Get = "GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData("GET", "204 No Content\r\nContent-Length: 5\r\n\r\nhello", null)]
    [InlineData("GET", "204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", null)]
    [InlineData("GET", "204 No Content\r\nContent-Length: 0\r\n\r\n", null)]
    [InlineData("DELETE", "204 Gone\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok", null)]
    [InlineData("GET", "205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", null)]
    [InlineData("POST", "205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", null)]
    [InlineData("GET", "205 Reset Content\r\nConnection: close\r\n\r\nhello", null)]
    [InlineData("GET", "304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nhello", "5")]
    [InlineData("GET", "304 Not Modified\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", null)]
    [InlineData("HEAD", "200 OK\r\nContent-Length: 5\r\n\r\nhello", "5")]
    [InlineData("HEAD", "200 OK\r\nContent-Length: 123456789012\r\n\r\n", "123456789012")]
    [InlineData("HEAD", "404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n", null)]
    [InlineData("HEAD", "204 No Content\r\nContent-Length: 7\r\n\r\n", null)]
    public async Task A_body_where_none_may_be_is_left_out(string method, string answer, string? length)
    {
        var answers = 0;
        wire.Begin(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(Interlocked.Increment(ref answers) == 1
                    ? $"HTTP/1.1 {answer}"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
                if (answer.Contains("Connection: close", StringComparison.Ordinal))
                {
                    return;
                }
            }
        });
        var got = await wire.AskAsync($"{method} / HTTP/1.1\r\nHost: any.test\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}Connection: close\r\n\r\n");
        Assert.Equal((answer[..3], ""), (got.Status.ToString(), got.Text));
        Assert.Equal(got.Status == 205 ? "0" : length, got["Content-Length"] ?? (got.Status == 205 ? "0" : null));
        Assert.Equal("DENY", got["X-Frame-Options"]);
        wire.AssertNobodyBlamed();

        // The rest of a body that was left out is not taken for the next answer.
        var next = await wire.AskAsync(Get);
        Assert.Equal("next", next.Text);
        wire.AssertNobodyBlamed(2);
        wire.AssertNoErrorLogged();
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 Tr\u00e8s bien\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 299 Mine\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 10\n\nto the end")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n folded\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nto \r\n07\r\nthe end\r\n000\r\nX-Sum: \u00e9\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 999 Odd\r\nContent-Length: 10\r\n\r\nto the end")]
    public async Task An_unusual_answer_passes(string answer)
    {
        wire.Begin(RawReplica.Answer(answer, thenCloses: true));
        var got = await wire.AskAsync(Get);
        Assert.Equal("to the end", got.Text);
        Assert.Contains(got.Status.ToString(), answer, StringComparison.Ordinal);
        wire.AssertNobodyBlamed();
        wire.AssertNoErrorLogged();
    }

    [Theory]
    [InlineData("header 'X-Bell'", "200 OK\r\nX-Bell: a\u0007b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("header 'Content-Type'", "200 OK\r\nContent-Type: a\u007fb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: 2, 3\r\n\r\nok!")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: -2\r\n\r\nok")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: +2\r\n\r\nok")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: 2x\r\n\r\nok")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length:\r\n\r\nok")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok")]
    [InlineData("Content-Length", "200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding", "200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding", "200 OK\r\nTransfer-Encoding: identity\r\nConnection: close\r\n\r\nok")]
    [InlineData("Transfer-Encoding", "200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("status code 099", "099 Low\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("101 Switching Protocols", "101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task An_invalid_answer_is_refused_with_its_reason(string reason, string answer)
    {
        wire.Begin(RawReplica.Answer($"HTTP/1.1 {answer}", thenCloses: true));
        var got = await wire.AskAsync("POST / HTTP/1.1\r\nHost: any.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.Equal(502, got.Status);
        Assert.StartsWith("502 Bad Gateway: a replica of pool 'raw' sent an invalid response: ", got.Text, StringComparison.Ordinal);
        Assert.Contains(reason, got.Text, StringComparison.Ordinal);
        Assert.Equal("DENY", got["X-Frame-Options"]);
        wire.AssertNobodyBlamed(); // One invalid response is no reason to send nobody there any more.
        wire.AssertNoErrorLogged();
    }

    [Theory]
    [InlineData("-ERR unknown command\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: x\r\n\r\n")]
    public async Task An_answer_that_is_not_HTTP_is_asked_of_another_and_then_refused(string answer)
    {
        wire.Begin(RawReplica.Answer(answer, thenCloses: true));
        var got = await wire.AskAsync(Get);
        Assert.Equal(502, got.Status);
        Assert.StartsWith("502 Bad Gateway: a replica of pool 'raw' sent an invalid response", got.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed(2);
    }

    [Fact]
    public async Task A_replica_that_goes_on_sending_invalid_answers_is_ejected()
    {
        wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", thenCloses: true));
        for (var i = 0; i < EjectionLimits.BadAnswers; i++)
        {
            await wire.AskAsync(Get);
        }

        Assert.All(wire.Ejections.All, entry => Assert.Equal(EjectionReason.BadAnswers, entry.Reason));
        Assert.NotEmpty(wire.Ejections.All);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\rb")]
    public async Task A_dangerous_character_in_a_response_is_replaced_or_refused(string value)
    {
        wire.Begin(RawReplica.Answer($"HTTP/1.1 200 OK\r\nX-Odd: {value}\r\nContent-Length: 0\r\n\r\n", thenCloses: true));
        var got = await wire.AskAsync(Get);
        Assert.True(got.Status == 502 || got["X-Odd"] == "a b", got.ToString()); // RFC 9110 §5.5 leaves the choice.
        Assert.True(wire.Ejections.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")]
    public async Task A_connection_is_not_used_again_after_a_response_in_HTTP_1_0(string interim)
    {
        var used = 0;
        wire.Begin(async connection =>
        {
            for (var isFirst = true; await connection.ReadRequestAsync() is not null; isFirst = false)
            {
                if (isFirst)
                {
                    Interlocked.Increment(ref used); // Others were opened for nothing.
                }

                await connection.SendAsync(interim + "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"); // It may close any time now.
            }
        });
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("ok", (await wire.AskAsync("POST / HTTP/1.1\r\nHost: any.test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody")).Text);
            Assert.Equal("ok", (await wire.AskAsync(Get)).Text);
        }

        Assert.Equal(8, used);
        wire.AssertNobodyBlamed(8);
    }

    [Fact]
    public async Task A_length_that_counts_for_nothing_is_held_against_nobody()
    {
        wire.Begin(RawReplica.Answer("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello", thenCloses: true));
        Assert.Equal(204, (await wire.AskAsync(Get)).Status);
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task A_chunk_that_is_none_breaks_the_answer_off()
    {
        wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n", thenCloses: true));
        var got = await wire.AskAsync("POST / HTTP/1.1\r\nHost: any.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.True(got.Verdict == Verdict.Incomplete || got.Text.EndsWith("malformed chunk.\n", StringComparison.Ordinal), got.ToString());
        wire.AssertNobodyBlamed();
        wire.AssertNoErrorLogged();
    }

    [Fact]
    public async Task An_answer_whose_head_is_larger_than_the_gateway_takes_is_refused()
    {
        wire.Begin(RawReplica.Answer($"HTTP/1.1 200 OK\r\nX-Large: {new string('x', 70_000)}\r\nContent-Length: 0\r\n\r\n", thenCloses: true));
        var got = await wire.AskAsync(Get);
        Assert.Equal(502, got.Status);
        Assert.Contains("exceed the limit of this gateway", got.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task A_connection_that_breaks_is_held_against_the_replica()
    {
        wire.Begin(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Le");
        });
        var got = await wire.AskAsync("POST / HTTP/1.1\r\nHost: any.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.Equal(502, got.Status);
        Assert.Contains("broke off the connection", got.Text, StringComparison.Ordinal);
        Assert.Single(wire.Ejections.All);
    }
}
