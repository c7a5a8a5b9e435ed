using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

/// <summary>Header fields: what passes, what is hop-by-hop, and whose word on the client is taken.</summary>
public sealed class HeaderTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("Cookie", "name=J\u00c3\u00bcrgen; c=\u00e9\u00ff")] // UTF-8 and Latin-1 alike.
    [InlineData("X-Note", "\u0080\u00a0\u00ff")]
    [InlineData("Referer", "/caf\u00c3\u00a9?\u00e2\u0082\u00ac")]
    [InlineData("User-Agent", "caf\u00e9/1 (\u00fc)")]
    [InlineData("Authorization", "Basic \u00fc=")]
    [InlineData("Content-Disposition", "attachment; filename=\"\u00c3\u00a4.txt\"")]
    [InlineData("X-Tab", "a\tb")]
    [InlineData("X-Empty", "")]
    [InlineData("Upgrade-Insecure-Requests", "1")]
    [InlineData("Accept-Encoding", "br;q=1.0, gzip, *;q=0")]
    [InlineData("X_Under", "score")]
    [InlineData("!#$%&'*+.^_`|~9", "odd name")]
    [InlineData("Priority", "u=1, i")]
    [InlineData("If-None-Match", "W/\"x\", \"y")]
    [InlineData("Range", "bytes=0-, -5")]
    [InlineData("Date", "no date")]
    public async Task A_request_field_passes_with_its_bytes(string name, string value)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET / HTTP/1.1\r\nHost: any.test\r\n{name}: {value}\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(value, Assert.Single(wire.Requests)[name]);
        wire.AssertNobodyBlamed();
    }

    [Theory]
    [InlineData("Set-Cookie", "who=J\u00c3\u00bcrgen\u00ff")]
    [InlineData("X-Note", "\u0080\u00a0\u00ff")]
    [InlineData("Content-Disposition", "attachment; filename=\"\u00c3\u00a4.txt\"")]
    [InlineData("Location", "/caf\u00c3\u00a9")]
    [InlineData("Content-Type", "text/\u00e9")]
    [InlineData("X-Empty", "")]
    [InlineData("X-Tab", "a\tb")]
    [InlineData("ETag", "no tag")]
    [InlineData("Expires", "0")]
    [InlineData("Last-Modified", "yesterday")]
    [InlineData("Retry-After", "soon")]
    [InlineData("Cache-Control", "max-age=\u00e9")]
    [InlineData("Allow", "GET,, \u00e9")]
    public async Task A_response_field_passes_with_its_bytes(string name, string value)
    {
        wire.Begin(RawReplica.Answer($"HTTP/1.1 200 OK\r\n{name}: {value}\r\nContent-Length: 2\r\n\r\nok"));
        var answer = await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(value, answer[name]);
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task Cookies_that_are_set_stay_apart()
    {
        wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n"));
        var answer = await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(
            ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"],
            answer.Fields.Where(f => f.Key.Equals("set-cookie", StringComparison.OrdinalIgnoreCase)).Select(f => f.Value));
    }

    [Theory]
    [InlineData("X-Bell", "a\u0007b")]
    [InlineData("X-Delete", "a\u007fb")]
    [InlineData("Cookie", "a=\u001b[31m")]
    public async Task A_control_character_in_a_request_is_refused_by_name(string name, string value)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET / HTTP/1.1\r\nHost: any.test\r\n{name}: {value}\r\nConnection: close\r\n\r\n");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith($"400 Bad Request: header '{name}'", answer.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("any.test:99999999")]
    public async Task A_Host_that_is_none_is_refused(string host)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.Equal(400, answer.Status);
        wire.AssertNobodyBlamed(0);
    }

    [Theory]
    [InlineData(501, "coded twice", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")]
    [InlineData(501, "compressed besides", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked", "0\r\n\r\n")]
    [InlineData(400, "no framing of HTTP/1.0", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked", "0\r\n\r\n")]
    [InlineData(400, "a sign", "POST / HTTP/1.1\r\nContent-Length: +2", "ok")]
    [InlineData(400, "a vertical tab", "POST / HTTP/1.1\r\nContent-Length: \v2", "ok")]
    [InlineData(400, "no number at all", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999999", "")]
    [InlineData(400, "a control character", "GET / HTTP/1.1\r\nX-Bell: \a", "")]
    [InlineData(400, "a field name that is none", "OPTIONS * HTTP/1.1\r\nX(1): a", "")]
    [InlineData(501, "another method in its letters", "get / HTTP/1.1\r\nX-A: a", "")]
    public async Task Nothing_is_read_behind_a_request_that_is_refused(int status, string because, string head, string body)
    {
        wire.Begin(RawReplica.Answer(Ok));
        using var client = await Harness.Wire.RawClient.ConnectAsync(wire.Port, TestContext.Current.CancellationToken);
        await client.SendAsync(
            System.Text.Encoding.Latin1.GetBytes($"{head}\r\nHost: any.test\r\n\r\n{body}GET /behind HTTP/1.1\r\nHost: any.test\r\n\r\n"),
            TestContext.Current.CancellationToken);
        var answer = await client.ReadAnswerAsync("POST", TestContext.Current.CancellationToken);
        Assert.True(answer.Status == status && answer["Connection"] == "close", $"{because}: {answer}");
        Assert.False((await client.ReadAnswerAsync("GET", TestContext.Current.CancellationToken)).HasHead);
        wire.AssertNobodyBlamed(0);
        wire.AssertNoErrorLogged();
    }

    [Fact]
    public async Task A_connection_of_HTTP_1_0_is_closed_whatever_upgrade_is_asked_for()
    {
        wire.Begin(RawReplica.Answer(Ok));
        using var client = await Harness.Wire.RawClient.ConnectAsync(wire.Port, TestContext.Current.CancellationToken);
        await client.SendAsync("GET / HTTP/1.0\r\nHost: any.test\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(200, (await client.ReadAnswerAsync("GET", TestContext.Current.CancellationToken)).Status);
        Assert.False((await client.ReadAnswerAsync("GET", TestContext.Current.CancellationToken)).HasHead); // The end, and no timeout.
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1")]
    [InlineData("POST", "HTTP/1.1")]
    [InlineData("GET", "HTTP/1.0")]
    public async Task A_WebSocket_is_opened_by_a_GET_of_HTTP_1_1_alone(string method, string version)
    {
        wire.Begin(RawReplica.Answer(Ok, thenCloses: true));
        var answer = await wire.AskAsync($"{method} / {version}\r\nHost: any.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal((method, null), (Assert.Single(wire.Requests).Method, wire.Requests[0]["Upgrade"]));
        wire.AssertNobodyBlamed();
    }

    [Fact]
    public async Task A_field_name_that_is_no_token_is_refused()
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nX(1): a\r\nConnection: close\r\n\r\n");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith("400 Bad Request: ", answer.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed(0);
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_a_request_end_at_the_gateway()
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync("""
            POST / HTTP/1.1
            Host: any.test
            Connection: close, X-Internal,x-other ,
            Connection: X-Third, Host, Content-Length, X-Forwarded-For, Authorization, Transfer-Encoding
            X-Internal: 1
            X-Other: 2
            X-Third: 3
            X-Kept: 4
            Authorization: Bearer 5
            Keep-Alive: timeout=5
            Proxy-Connection: keep-alive
            Proxy-Authorization: Basic eDp5
            TE: trailers, deflate
            Trailer: X-Sum
            Upgrade: h2c
            HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA
            Content-Length: 4

            body
            """.ReplaceLineEndings("\r\n"));
        Assert.Equal(200, answer.Status);
        var seen = Assert.Single(wire.Requests);
        Assert.All(
            ["X-Internal", "X-Other", "X-Third", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Upgrade", "HTTP2-Settings", "Connection"],
            name => Assert.Null(seen[name]));
        Assert.Equal(
            ("4", "Bearer 5", "any.test", "4", "127.0.0.1", "body"),
            (seen["X-Kept"], seen["Authorization"], seen["Host"], seen["Content-Length"], seen["X-Forwarded-For"], seen.Text));
    }

    [Theory]
    [InlineData("close, X-Secret")]
    [InlineData("X-Secret, close")]
    [InlineData("keep-alive, x-secret")]
    [InlineData("X-Secret")]
    [InlineData("X-Other,X-Secret")]
    [InlineData("close\r\nConnection: X-Secret")]
    public async Task A_field_that_Connection_names_is_not_forwarded(string connection)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET / HTTP/1.1\r\nHost: any.test\r\nX-Secret: 1\r\nX-Kept: 2\r\nConnection: {connection}\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal((null, "2"), (Assert.Single(wire.Requests)["X-Secret"], wire.Requests[0]["X-Kept"]));
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_a_response_end_at_the_gateway()
    {
        wire.Begin(RawReplica.Answer("""
            HTTP/1.1 200 OK
            Connection: keep-alive, X-Internal, Set-Cookie
            X-Internal: 1
            X-Kept: 2
            Set-Cookie: c=3
            Keep-Alive: timeout=5, max=100
            Proxy-Connection: keep-alive
            Proxy-Authenticate: Basic
            Upgrade: h2c
            Trailer: X-Sum
            Server: secret/1.0
            Transfer-Encoding: chunked

            2
            ok
            0
            X-Sum: 1


            """.ReplaceLineEndings("\r\n")));
        var answer = await wire.AskAsync("GET / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.All(
            ["X-Internal", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Upgrade", "Trailer", "Server"],
            name => Assert.Null(answer[name]));
        Assert.Equal(("2", "c=3", "ok"), (answer["X-Kept"], answer["Set-Cookie"], answer.Text));
    }

    [Fact]
    public async Task A_WebSocket_opens_whatever_else_its_Connection_names()
    {
        wire.Begin(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Hop\r\nX-Hop: 1\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello");
        });
        var answer = await wire.AskAsync(
            "GET /ws HTTP/1.1\r\nHost: any.test\r\nConnection: keep-alive, X-Drop, Upgrade\r\nX-Drop: 1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
        Assert.Equal((101, "websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (answer.Status, answer["Upgrade"], answer["Sec-WebSocket-Accept"]));
        Assert.Null(answer["X-Hop"]);
        var seen = Assert.Single(wire.Requests);
        Assert.Equal(("websocket", "Upgrade", "chat", null), (seen["Upgrade"], seen["Connection"], seen["Sec-WebSocket-Protocol"], seen["X-Drop"]));
        wire.AssertNobodyBlamed();
    }

    [Theory]
    [InlineData("Forwarded", "for=1.2.3.4;host=evil")]
    [InlineData("X-Forwarded-For", "1.2.3.4")]
    [InlineData("X-Forwarded-Port", "444")]
    [InlineData("X-Forwarded-Prefix", "/evil")]
    [InlineData("X-Forwarded-Server", "evil")]
    [InlineData("X-Forwarded-Ssl", "on")]
    [InlineData("X-Forwarded-Anything", "else")]
    [InlineData("X-Forwarded", "1.2.3.4")]
    [InlineData("Forwarded-For", "1.2.3.4")]
    [InlineData("X-Real-IP", "1.2.3.4")]
    [InlineData("x_real_ip", "1.2.3.4")] // CGI and WSGI make the same variable of it.
    [InlineData("X_Forwarded_Proto", "https")]
    [InlineData("X-Client-IP", "1.2.3.4")]
    [InlineData("X-Cluster-Client-IP", "1.2.3.4")]
    [InlineData("True-Client-IP", "1.2.3.4")]
    [InlineData("CF-Connecting-IP", "1.2.3.4")]
    [InlineData("CF-Connecting-IPv6", "::1")]
    [InlineData("Fastly-Client-IP", "1.2.3.4")]
    [InlineData("X-Envoy-External-Address", "1.2.3.4")]
    [InlineData("X-Original-URL", "/admin")]
    [InlineData("X-Rewrite-URL", "/admin")]
    [InlineData("X-Original-Host", "evil")]
    [InlineData("X-Original-For", "1.2.3.4")]
    [InlineData("Front-End-Https", "on")]
    [InlineData("Client-Cert", ":MIIB:")]
    [InlineData("X-SSL-Client-Verify", "SUCCESS")]
    public async Task What_a_client_says_of_itself_is_not_passed_on(string name, string value)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET / HTTP/1.1\r\nHost: Shop.Test:8080\r\n{name}: {value}\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        var seen = Assert.Single(wire.Requests);
        Assert.DoesNotContain(seen.Fields, field => field.Value.Contains(value, StringComparison.Ordinal));
        Assert.Equal(
            ("127.0.0.1", "http", "Shop.Test:8080", "Shop.Test:8080", null),
            (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"], seen["X-Forwarded-Host"], seen["Host"], seen["X-Forwarded-Prefix"]));
    }

    [Fact]
    public async Task A_replica_learns_the_prefix_that_was_stripped()
    {
        wire.Begin(RawReplica.Answer(Ok));
        await wire.AskAsync("GET /app/x HTTP/1.1\r\nHost: strip.test\r\nX-Forwarded-Prefix: /evil\r\nConnection: close\r\n\r\n");
        Assert.Equal("/app", Assert.Single(wire.Requests)["X-Forwarded-Prefix"]);
    }
}
