using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>Every limit answers with its status and its reason, can be set, and is counted.</summary>
public sealed class LimitsTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_default_long_request_lines_and_large_headers_pass()
    {
        await using var replica = await LargeReplicaAsync();
        await using var gateway = await StartAsync("roomy", replica.Port);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/?q=" + new string('q', 12_000));
        request.Headers.Add("Cookie", "session=" + new string('c', 40_000));
        for (var i = 0; i < 150; i++)
        {
            request.Headers.Add($"X-Field-{i}", "value");
        }

        using var answer = await gateway.Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET /LONG HTTP/1.1\r\nHost: x\r\n\r\n", 414, "request_line_too_long", "the request line exceeds 512 bytes")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nCookie: LONG\r\n\r\n", 431, "headers_too_large", "the headers exceed 2048 bytes or 20 fields")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nMANY\r\n", 431, "headers_too_large", "the headers exceed 2048 bytes or 20 fields")]
    [InlineData("GET / HTTP/1.1\r\nHost x\r\n\r\n", 400, "bad_request", "400 Bad Request")]
    public async Task A_limit_that_is_set_answers_with_its_reason(string request, int status, string reason, string text)
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync(
            "tight-" + reason.Replace('_', '-'), replica.Port, "--Gateway:Limits:RequestLineSize=512", "--Gateway:Limits:RequestHeadersSize=2048",
            "--Gateway:Limits:RequestHeaderCount=20");
        await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);

        await client.SendAsync(
            request.Replace("LONG", new string('x', 3000)).Replace("MANY", string.Concat(Enumerable.Range(0, 30).Select(i => $"X-{i}: y\r\n"))), Token);
        var answer = await client.ReadToEndAsync(Token);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.Contains("Connection: close\r\n", answer);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.StartsWith($"{status} ", body);
        Assert.Contains(text, body);
        Assert.Contains($"Content-Length: {body.Length}\r\n", answer);
        Assert.Contains(reason, refusals.Reasons);
        Assert.Equal(0, replica.Served);
    }

    [Fact]
    public async Task Headers_that_do_not_arrive_in_time_are_answered_408()
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("headers-late", replica.Port, "--Gateway:Limits:RequestHeadersTimeout=00:00:01");
        await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", Token);
        var answer = await client.ReadToEndAsync(Token);

        Assert.StartsWith("HTTP/1.1 408 ", answer);
        Assert.EndsWith("408 Request Timeout: the headers of the request did not arrive within 1 s.\n", answer);
        Assert.Contains("request_timeout", refusals.Reasons);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_of_its_route_is_answered_413_and_the_gateways_limit_holds_elsewhere(bool isChunked)
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync(
            $"body-{isChunked}".ToLowerInvariant(), replica.Port, "--Gateway:MaxRequestBodySize=100000");

        Assert.Equal((HttpStatusCode.OK, "10240"), await PostAsync(gateway, "/count", 10_240, isChunked));
        var (status, text) = await PostAsync(gateway, "/small/count", 1_025, isChunked);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("413 Content Too Large: the request body exceeds 1024 bytes, the limit for 127.0.0.1/small/count.\n", text);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(gateway, "/count", 100_001, isChunked)).Status);
        Assert.Equal((HttpStatusCode.OK, "200000"), await PostAsync(gateway, "/large/count", 200_000, isChunked));
        Assert.Equal(2, refusals.Reasons.Count(reason => reason == "body_too_large"));
    }

    [Fact]
    public async Task A_slow_upload_with_pauses_goes_through()
    {
        await using var replica = await Replica.StartAsync("a", Token, kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
        await using var gateway = await StartAsync("slow-upload", replica.Port);
        await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);

        await client.SendAsync("POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n1", Token);
        await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System, Token); // Kestrel's default least rate gives up after 5 s.
        await client.SendAsync("23", Token);

        var answer = await client.ReadToEndAsync(Token);
        Assert.StartsWith("HTTP/1.1 200 ", answer);
    }

    [Fact]
    public async Task An_upload_that_stops_is_answered_408_and_the_replica_is_not_blamed()
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("stopped-upload", replica.Port);
        for (var i = 0; i < 4; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);
            await client.SendAsync("POST /hasty/count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n1", Token);
            var answer = await client.ReadToEndAsync(Token);
            Assert.StartsWith("HTTP/1.1 408 ", answer);
            Assert.Contains("\n408 Request Timeout: the request body paused for more than 1 s.\n", answer);
            Assert.Contains("Connection: close\r\n", answer);
        }

        Assert.True(gateway.Service<Nexus.Gateway.Ejecting.EjectionBook>().IsEmpty);
        Assert.Equal(4, refusals.Reasons.Count(reason => reason == "body_timeout"));
    }

    [Fact]
    public async Task A_pause_after_the_answer_has_begun_is_a_conversation()
    {
        await using var replica = await Replica.StartAsync("a", Token, kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2); // HTTP/1.1 is sent whole before it is read.
        });
        await using var gateway = await StartToAsync("conversation", replica.Port, "h2c");
        await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);

        await client.SendAsync("POST /hasty/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 49155\r\n\r\n", Token);
        await client.SendAsync(new string('1', 49_152), Token); // More than the HTTP client holds back.
        var buffer = new byte[4096];
        var got = new StringBuilder();
        while (!got.ToString().Contains("111"))
        {
            var read = await client.Stream.ReadAsync(buffer, Token);
            Assert.True(read > 0, $"The connection ended after: {got}");
            got.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token); // Twice the limit of the route.
        await client.SendAsync("two", Token);
        got.Append(await client.ReadToEndAsync(Token));
        Assert.Contains("two", got.ToString());
    }

    [Fact]
    public async Task A_replica_may_take_as_long_to_answer_as_its_route_allows()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        replica.OnSlow = () => Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
        await using var gateway = await StartAsync("patient", replica.Port, "--Gateway:Upstream:ActivityTimeout=00:00:01");

        Assert.Equal("slow", await gateway.GetAsync("/patient/slow", Token));
    }

    // The time in which a client is waited for is the client's: the route's timeout is half a second, the upload takes two.
    [Fact]
    public async Task A_slow_upload_is_no_slow_answer_and_ejects_nobody()
    {
        using var refusals = new Refusals();
        await using var replica = await Replica.StartAsync("a", Token, kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
        await using var gateway = await StartAsync("trickle", replica.Port);
        for (var i = 0; i < 4; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);
            await client.SendAsync("POST /brisk/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\n", Token);
            for (var part = 0; part < 8; part++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, Token);
                await client.SendAsync($"{part}", Token);
            }

            var answer = await client.ReadToEndAsync(Token);
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains("01234567", answer, StringComparison.Ordinal);

            await using var stalled = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);
            await stalled.SendAsync("POST /brisk/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n01\r\n", Token);
            Assert.StartsWith("HTTP/1.1 408 ", await stalled.ReadToEndAsync(Token), StringComparison.Ordinal);
        }

        Assert.True(gateway.Service<Nexus.Gateway.Ejecting.EjectionBook>().IsEmpty);
        Assert.Equal(4, refusals.Reasons.Count(reason => reason == "body_timeout"));
    }

    [Fact]
    public async Task Headers_of_an_answer_over_the_limit_are_answered_502_with_the_reason()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        replica.Special = context =>
        {
            context.Response.Headers["X-Large"] = new string('x', 5000);
            return Task.CompletedTask;
        };
        await using var gateway = await StartAsync("answer-headers", replica.Port, "--Gateway:Upstream:ResponseHeadersSize=4096");

        using var answer = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("the response's headers exceed the limit of this gateway", await answer.Content.ReadAsStringAsync(Token));
        Assert.True(gateway.Service<Nexus.Gateway.Ejecting.EjectionBook>().IsEmpty);
    }

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(
        GatewayUnderTest gateway, string path, int size, bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[size]) };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.ConnectionClose = true;
        using var answer = await gateway.Client.SendAsync(request, Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<Replica> LargeReplicaAsync() => await Replica.StartAsync("a", Token, kestrel =>
    {
        kestrel.Limits.MaxRequestLineSize = 64 << 10;
        kestrel.Limits.MaxRequestHeadersTotalSize = 128 << 10;
        kestrel.Limits.MaxRequestHeaderCount = 500;
    });

    private Task<GatewayUnderTest> StartAsync(string pool, int port, params string[] options) => StartToAsync(pool, port, "", options);

    private async Task<GatewayUnderTest> StartToAsync(string pool, int port, string protocol, params string[] options)
    {
        await _catalog.ApplyAsync(
            $$"""
            worker_pools: { {{pool}}: { image: x, port: 80, min_replicas: 1 } }
            gateway:
              routes:
                - { path: /, pool: {{pool}} }
                - { path: /small, pool: {{pool}}, strip_prefix: true, max_body: 1KiB }
                - { path: /large, pool: {{pool}}, strip_prefix: true, max_body: 1MiB }
                - { path: /hasty, pool: {{pool}}, strip_prefix: true, body_timeout: 1s }
                - { path: /patient, pool: {{pool}}, strip_prefix: true, timeout: 10s }
                - { path: /brisk, pool: {{pool}}, strip_prefix: true, timeout: 500ms, body_timeout: 2s }
            """,
            Token);
        await _catalog.RegisterAsync(pool, pool + "-1", port, Token, protocol: protocol);
        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, options);
        await gateway.WaitForPoolAsync(pool, 1, Token);
        return gateway;
    }
}
