using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Nexus.Gateway.Tests.Harness;
using Nexus.Testing;

namespace Nexus.Gateway.Tests;

/// <summary>HTTP/2 without TLS, on both sides.</summary>
public sealed class Http2Tests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private readonly TestCatalog _catalog = new(consul.Client);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_port_answers_HTTP_2_with_prior_knowledge_and_HTTP_1_1()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("both", replica.Port, "http1");
        for (var i = 0; i < 3; i++)
        {
            using var second = await SendAsync(gateway, "/x", HttpVersion.Version20);
            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (second.StatusCode, second.Version));
            Assert.Equal("a /x", await second.Content.ReadAsStringAsync(Token));
            using var first = await SendAsync(gateway, "/x", HttpVersion.Version11);
            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (first.StatusCode, first.Version));
        }
    }

    [Fact]
    public async Task A_preface_that_arrives_in_pieces_is_recognized_and_other_requests_that_begin_alike_are_not_held_up()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("pieces", replica.Port, "http1");
        await using var http2 = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);
        foreach (var piece in (string[])["P", "RI * HTTP/2.0\r\n", "\r\nSM\r\n\r", "\n\0\0\0\u0004\0\0\0\0\0"])
        {
            await http2.SendAsync(piece, Token);
            await http2.Stream.FlushAsync(Token);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        var settings = new byte[9];
        await http2.Stream.ReadExactlyAsync(settings, Token);
        Assert.Equal(4, settings[3]); // A SETTINGS frame.

        await using var http1 = await RawClient.ConnectAsync(gateway.Client.BaseAddress!.Port, Token);
        await http1.SendAsync("PR", Token);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        await http1.SendAsync("OPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", Token);
        Assert.StartsWith("HTTP/1.1 200 ", await http1.ReadToEndAsync(Token));
    }

    [Theory]
    [InlineData("http1", "HTTP/1.1")]
    [InlineData("h2c", "HTTP/2")]
    public async Task A_pool_says_what_its_replicas_speak(string protocol, string seen)
    {
        await using var replica = await Replica.StartAsync("a", Token, kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = protocol == "h2c" ? HttpProtocols.Http2 : HttpProtocols.Http1));
        replica.Special = context => context.Response.WriteAsync(context.Request.Protocol, Token);
        await using var gateway = await StartAsync("speaks-" + protocol, replica.Port, protocol);

        Assert.Equal(seen, await gateway.GetAsync("/", Token));
    }

    [Fact]
    public async Task A_gRPC_call_passes_with_its_trailers_and_streams_both_ways()
    {
        await using var replica = await Replica.StartAsync(
            "a", Token, kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        replica.Special = async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.StartAsync(Token);
            var buffer = new byte[1024];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer, Token)) > 0;)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), Token);
                await context.Response.Body.FlushAsync(Token);
            }

            context.Response.AppendTrailer("grpc-status", "0");
        };
        await using var gateway = await StartAsync("grpc", replica.Port, "h2c");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Client.BaseAddress!, "/pkg.Service/Method"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var upload = new PushedContent();
        upload.Headers.ContentType = new("application/grpc");
        request.Content = upload;
        request.Headers.TE.Add(new("trailers"));
        var answering = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        var sink = await upload.Opened.WaitAsync(Token);
        await sink.WriteAsync("ping"u8.ToArray(), Token);
        await sink.FlushAsync(Token);

        using var answer = await answering;
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        var got = new byte[4];
        await body.ReadExactlyAsync(got, Token);
        Assert.Equal("ping"u8, got);
        upload.Finish();
        Assert.Equal(0, await body.ReadAsync(got, Token));
        Assert.Equal("0", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task Headers_over_the_limit_of_an_HTTP_2_request_are_refused_and_the_gateway_serves_on()
    {
        await using var replica = await Replica.StartAsync("a", Token);
        await using var gateway = await StartAsync("h2-headers", replica.Port, "http1", "--Gateway:Limits:RequestHeadersSize=8192");
        using var request = new HttpRequestMessage(HttpMethod.Get, gateway.Client.BaseAddress)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("Cookie", new string('c', 12_000));
        try
        {
            using var refused = await gateway.Client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, refused.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The connection was closed, which the protocol allows as well.
        }

        Assert.Equal(0, replica.Served);
        using var answer = await SendAsync(gateway, "/", HttpVersion.Version20);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayUnderTest gateway, string path, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Client.BaseAddress!, path))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return await gateway.Client.SendAsync(request, Token);
    }

    private async Task<GatewayUnderTest> StartAsync(string pool, int port, string protocol, params string[] options)
    {
        await _catalog.ApplyAsync(
            $"worker_pools: {{ {pool}: {{ image: x, port: 80, min_replicas: 1, protocol: {protocol} }} }}", Token);
        await _catalog.RegisterAsync(pool, pool + "-1", port, Token, protocol: protocol);
        var gateway = await GatewayUnderTest.StartAsync(consul.Server.Address, Token, null, options);
        await gateway.WaitForPoolAsync(pool, 1, Token);
        return gateway;
    }

    /// <summary>A request body that is written while the answer is read.</summary>
    private sealed class PushedContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Opened => _opened.Task;

        public void Finish() => _finished.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _opened.TrySetResult(stream);
            await _finished.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
