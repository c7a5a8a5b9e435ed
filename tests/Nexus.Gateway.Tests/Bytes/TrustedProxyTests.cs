using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

public sealed class TrustedWireGateway : IAsyncLifetime
{
    public WireGateway Wire { get; } = new() { More = ["--Gateway:TrustedProxies:0=127.0.0.0/8"] };

    public ValueTask InitializeAsync() => Wire.InitializeAsync();

    public ValueTask DisposeAsync() => Wire.DisposeAsync();
}

public sealed class TrustedProxyTests(TrustedWireGateway trusted) : IClassFixture<TrustedWireGateway>
{
    private readonly WireGateway _wire = trusted.Wire;

    [Fact]
    public async Task What_a_trusted_proxy_says_of_its_client_is_passed_on()
    {
        _wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        await _wire.AskAsync("""
            GET /app/x HTTP/1.1
            Host: strip.test
            X-Forwarded-For: 10.1.2.3
            X-Forwarded-Proto: https
            X-Forwarded-Port: 8443
            X-Forwarded-Prefix: /shop/
            X-Real-IP: 10.1.2.3
            True-Client-IP: 10.1.2.3
            Forwarded: for=10.1.2.3
            Connection: close


            """.ReplaceLineEndings("\r\n"));
        var seen = Assert.Single(_wire.Requests);
        Assert.Equal(
            ("10.1.2.3", "https", "8443", "/shop/app", "10.1.2.3", "10.1.2.3", "for=10.1.2.3", "/x"),
            (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"], seen["X-Forwarded-Port"], seen["X-Forwarded-Prefix"], seen["X-Real-IP"], seen["True-Client-IP"], seen["Forwarded"], seen.Target));
        Assert.Null(seen["X-Original-For"]);
        Assert.Null(seen["X-Original-Proto"]);
    }

    [Fact]
    public async Task A_prefix_from_a_trusted_proxy_stays_where_none_is_stripped()
    {
        _wire.Begin(RawReplica.Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        await _wire.AskAsync("GET /x HTTP/1.1\r\nHost: any.test\r\nX-Forwarded-Prefix: /shop\r\nConnection: close\r\n\r\n");
        Assert.Equal("/shop", Assert.Single(_wire.Requests)["X-Forwarded-Prefix"]);
    }
}
