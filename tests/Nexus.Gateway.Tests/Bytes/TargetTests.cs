using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes;

/// <summary>The request target reaches the replica as the client wrote it.</summary>
public sealed class TargetTests(WireGateway wire) : IClassFixture<WireGateway>
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("/")]
    [InlineData("/files/a%2Fb%2fc")]
    [InlineData("/a%3Bb%3bc;d=1")]
    [InlineData("/%7Euser/~user/%7euser")]
    [InlineData("/100%zz/50%/%2")]
    [InlineData("//double//slashes//")]
    [InlineData("/a/./b/../c/%2e/%2E%2e/d")]
    [InlineData("/..")]
    [InlineData("/a?")]
    [InlineData("/?")]
    [InlineData("/a??b=?&&c==&d")]
    [InlineData("/a?q=%20+%2B%zz&x=[1]&y={}|^`\"<>\\")]
    [InlineData("/caf%C3%A9/%c3%a9/%E4%BD%A0/%FF%FE")]
    [InlineData("/!$&'()*+,;=:@-._~")]
    [InlineData("/a%20b%09c%22")]
    [InlineData("/%61%62%63/%41")]
    [InlineData("/x/..%2f..%5c..;a/y")]
    [InlineData("/a\\b%5Cc")]
    [InlineData("/http://other.example/path?u=http://x/")]
    public async Task A_target_is_forwarded_byte_for_byte(string target)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET {target} HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(target, Assert.Single(wire.Requests).Target);
        wire.AssertNobodyBlamed();
    }

    [Theory]
    [InlineData("GET http://any.test/a%2Fb?c HTTP/1.1", "/a%2Fb?c")]
    [InlineData("GET http://any.test HTTP/1.1", "/")]
    [InlineData("GET http://any.test?a=/b HTTP/1.1", "/?a=/b")]
    [InlineData("GET http://any.test//x/../%2e HTTP/1.1", "//x/../%2e")]
    public async Task An_absolute_target_is_forwarded_as_its_path_and_query(string line, string expected)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"{line}\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, Assert.Single(wire.Requests).Target);
        Assert.Equal("any.test", wire.Requests[0]["Host"]);
    }

    [Theory]
    [InlineData("/app", "/")]
    [InlineData("/app/", "/")]
    [InlineData("/app?", "/?")]
    [InlineData("/app?x=/app", "/?x=/app")]
    [InlineData("/app/x%2Fy/../z?", "/x%2Fy/../z?")]
    [InlineData("/app//x//", "//x//")]
    [InlineData("/%61pp/%61pp", "/%61pp")]
    [InlineData("/app/app", "/app")]
    [InlineData("/app/%zz/..%2F", "/%zz/..%2F")]
    [InlineData("/a/b/c", "/c")]
    [InlineData("/a/%62/%63?d", "/%63?d")]
    [InlineData("http://strip.test/app/x%2Fy", "/x%2Fy")]
    [InlineData("/application", "/application")]
    [InlineData("/app%2Fx", "/app%2Fx")]
    [InlineData("//app/x", "//app/x")]
    public async Task A_prefix_is_stripped_from_the_raw_text(string target, string expected)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET {target} HTTP/1.1\r\nHost: strip.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, Assert.Single(wire.Requests).Target);
    }

    [Theory]
    [InlineData("read literally it is below /public", "/public/../admin/x")]
    [InlineData("read literally it is below /public", "/public/%2E%2e/admin")]
    [InlineData("a replica that decodes slashes resolves it to /admin", "/public/..%2Fadmin")]
    [InlineData("a replica that decodes slashes resolves it to /admin", "/public/x%2f%2e%2e%2F..%2fadmin")]
    [InlineData("a replica that takes backslashes for slashes resolves it to /admin", "/public/..\\admin")]
    [InlineData("a replica that takes backslashes for slashes resolves it to /admin", "/public/..%5Cadmin")]
    [InlineData("a replica that drops path parameters resolves it to /admin", "/public/..;x=1/admin")]
    [InlineData("a replica that drops path parameters and decodes slashes resolves it to /admin", "/public/..;%2Fadmin")]
    public async Task A_path_cannot_leave_the_route_that_matched(string because, string target)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET {target} HTTP/1.1\r\nHost: parts.test\r\nConnection: close\r\n\r\n");
        Assert.True(answer.Status == 400, $"{because}, but the answer was {answer.Status}");
        Assert.All(wire.Requests, request => Assert.Fail($"{because}, but the replica got {request.Target}"));
        Assert.Empty(wire.Other.Requests);
        wire.AssertNobodyBlamed(0);
    }

    [Theory]
    [InlineData("/public/a/../b")]
    [InlineData("/public/a%2Fb/..%2Fc")]
    [InlineData("/public/..a/.b/...")]
    public async Task Dot_segments_within_a_route_are_forwarded(string target)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"GET {target} HTTP/1.1\r\nHost: parts.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(target, Assert.Single(wire.Requests).Target);
    }

    [Theory]
    [InlineData("a request target has no fragment", "GET /a#b HTTP/1.1")]
    [InlineData("a request target has no fragment", "GET /a?q#b HTTP/1.1")]
    [InlineData("a control character", "GET /a\u0001b HTTP/1.1")]
    [InlineData("a control character", "GET /a?\u007f HTTP/1.1")]
    public async Task A_target_that_is_none_is_refused(string because, string line)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"{line}\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.True(answer.Status == 400, because);
        Assert.StartsWith("400 Bad Request: ", answer.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed(0);
    }

    [Fact]
    public async Task A_question_about_the_server_itself_is_answered_by_the_gateway()
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync("OPTIONS * HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(204, answer.Status);
        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task CONNECT_is_not_implemented()
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync("CONNECT any.test:443 HTTP/1.1\r\nHost: any.test:443\r\nConnection: close\r\n\r\n");
        Assert.Equal(501, answer.Status);
        Assert.StartsWith("501 Not Implemented: ", answer.Text, StringComparison.Ordinal);
        wire.AssertNobodyBlamed(0);
        wire.AssertNoErrorLogged();
    }

    [Theory]
    [InlineData("PROPFIND")]
    [InlineData("Report")]
    [InlineData("X-!#$%&'*+.^_`|~1")]
    public async Task A_method_keeps_its_letters(string method)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"{method} / HTTP/1.1\r\nHost: any.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal(method, Assert.Single(wire.Requests).Method);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("Post")]
    public async Task A_method_is_not_taken_for_another_because_of_its_case(string method)
    {
        wire.Begin(RawReplica.Answer(Ok));
        var answer = await wire.AskAsync($"{method} / HTTP/1.1\r\nHost: any.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(501, answer.Status);
        wire.AssertNobodyBlamed(0);
    }
}
