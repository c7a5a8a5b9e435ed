using Nexus.Core.Routing;

namespace Nexus.Core.Tests.Routing;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/a%2Fb?c#d", "/a%2Fb?c#d")]
    [InlineData("http://h/a?b", "/a?b")]
    [InlineData("https://h:1", "/")]
    [InlineData("http://h?a=/b", "/?a=/b")]
    [InlineData("http://u@h//x", "//x")]
    [InlineData("*", null)]
    [InlineData("h:443", null)]
    [InlineData("", null)]
    public void PathAndQuery_is_the_text_behind_the_authority(string target, string? expected) =>
        Assert.Equal(expected, RequestTarget.PathAndQuery(target));

    [Theory]
    [InlineData("/app", "/app", "/")]
    [InlineData("/app?", "/app", "/?")]
    [InlineData("/app/", "/app", "/")]
    [InlineData("/app//x%2Fy", "/app", "//x%2Fy")]
    [InlineData("/%61%70p/%zz", "/app", "/%zz")]
    [InlineData("/a%20b/c", "/a%20b", "/c")]
    [InlineData("/a%20b/c", "/a b", "/c")]
    [InlineData("/caf%c3%a9/x", "/caf%C3%A9", "/x")]
    [InlineData("/a/b/c?d/e", "/a/b", "/c?d/e")]
    [InlineData("/app/..%2Fx", "/app", "/..%2Fx")]
    [InlineData("/x", "/", "/x")]
    [InlineData("/./app/x", "/app", null)]
    [InlineData("/x/../app/y", "/app", null)]
    [InlineData("/apple", "/app", null)]
    [InlineData("//app", "/app", null)]
    [InlineData("/a", "/a/b", null)]
    public void Forwarded_strips_the_prefix_from_the_text(string path, string route, string? expected) =>
        Assert.Equal(expected, RequestTarget.Forwarded(path, route, strips: true));

    [Theory]
    [InlineData("/in/x", true)]
    [InlineData("/in", true)]
    [InlineData("/in?../..", true)]
    [InlineData("/in/a/../b", true)]
    [InlineData("/in/a%2f%2e%2E/b", true)]
    [InlineData("/in/..x/x../...", true)]
    [InlineData("/in/a//../b", true)]
    [InlineData("/in/../in/b", true)]
    [InlineData("/in//../x", false)]
    [InlineData("/in/..%2fx", false)]
    [InlineData("/in/%2e%2e%5Cx", false)]
    [InlineData("/in/..\\x", false)]
    [InlineData("/in/..;a/x", false)]
    [InlineData("/in/a%2F..%2F..%2Fx", false)]
    [InlineData("/x/../in", false)]
    public void Forwarded_is_null_where_a_replica_could_read_another_route(string path, bool passes) =>
        Assert.Equal(passes ? path : null, RequestTarget.Forwarded(path, "/in", strips: false));
}
