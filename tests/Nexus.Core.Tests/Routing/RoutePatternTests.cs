using CsCheck;
using Nexus.Core.Ids;
using Nexus.Core.Routing;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Tests.Routing;

public sealed class RoutePatternTests
{
    [Theory]
    [InlineData(null, "/cart", null, "/Cart", false, "paths have case")]
    [InlineData("Example.org", "/cart", "example.ORG", "/cart", true, "hosts have none")]
    [InlineData("example.org.", "/", "example.org", "/", true, "a trailing dot makes a name absolute, not another one")]
    [InlineData(null, "/a", null, "/a/", true, "a prefix is whole segments either way")]
    [InlineData(null, "/%61", null, "/a", true, "an encoded letter is the letter")]
    [InlineData(null, "/%41", null, "/a", false, "and keeps its case")]
    [InlineData(null, "/a%2fb", null, "/a%2Fb", true, "hexadecimal digits have no case")]
    [InlineData(null, "/a%2Fb", null, "/a/b", false, "an encoded slash separates nothing")]
    [InlineData(null, "/a%2561", null, "/a%61", false, "what is decoded is not decoded again")]
    [InlineData(null, "/caf%C3%A9", null, "/café", true, "UTF-8")]
    [InlineData(null, "/%28x%29", null, "/(x)", true, "a character that need not be encoded")]
    [InlineData("*", "/", null, "/", true, "any host")]
    public void Equality_is_that_of_requests(string? host, string path, string? otherHost, string otherPath, bool equal, string because) =>
        Assert.True(equal == (RoutePattern.Of(host, path) == RoutePattern.Of(otherHost, otherPath)), because);

    [Theory]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/../a", "/a")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("//a", "//a")]
    [InlineData("/%zz%4", "/%zz%4")]
    [InlineData("/%ff%c3", "/%FF%C3")]
    [InlineData("/%00%0d", "/%00%0D")]
    public void Canonical_resolves_what_every_server_resolves(string raw, string expected) => Assert.Equal(expected, UrlPath.Canonical(raw));

    [Theory]
    [InlineData("/a", "any", "/a")]
    [InlineData("/a/b/c", "any", "/a")]
    [InlineData("/ab", "any", "/")]
    [InlineData("/A", "any", "/A")]
    [InlineData("/A/x", "any", "/A")]
    [InlineData("/a", "example.org", "example.org/")]
    [InlineData("/a", "EXAMPLE.org.", "example.org/")]
    [InlineData("/a", "x.example.org", "*.example.org/a")]
    [InlineData("/q", "x.example.org", "/")]
    [InlineData("/a", "y.x.example.org", "*.x.example.org/a")]
    [InlineData("/a", "z.y.x.example.org", "*.x.example.org/a")]
    [InlineData("//a", "any", "/")]
    public void Table_finds_the_most_specific_route(string path, string host, string expected)
    {
        string[] routes = ["/", "/a", "/A", "example.org/", "*.example.org/a", "*.x.example.org/a"];
        var table = new RouteTable<string>(routes.Select(route => (Parse(route), route)));
        Assert.Equal(expected, table.Find(host, UrlPath.Canonical(path)));
    }

    [Fact]
    public void Table_without_a_matching_route_finds_none()
    {
        var table = new RouteTable<string>([(RoutePattern.Of("example.org", "/a"), "a")]);
        Assert.Null(table.Find("example.org", "/b"));
        Assert.Null(table.Find("other.org", "/a"));
        Assert.Null(new RouteTable<string>([]).Find("", "/"));
    }

    [Fact]
    public void Table_finds_what_covers_the_request_most_closely() => Gen.Select(Routes, Gen.Select(Hosts, Paths)).Sample((routes, request) =>
    {
        var (host, path) = request;
        var asked = RoutePattern.Of(host, path);
        var table = new RouteTable<object>(routes.Select(route => (route, (object)route)));
        var covering = routes.Where(route => route.Covers(asked)).ToList();
        if (table.Find(host, asked.Path) is not RoutePattern found)
        {
            return covering.Count == 0;
        }

        return covering.Contains(found)
            && covering.All(other => Rank(other.Host) > Rank(found.Host) || (other.Host == found.Host && other.Path.Length <= found.Path.Length));

        static int Rank(string? of) => of is null ? 1000 : of[0] == '*' ? 500 - of.Length : 0;
    });

    [Fact]
    public void Rules_leave_bad_routes_out_one_by_one()
    {
        Route[] routes =
        [
            To("shop", null, "/shop"), To("api", null, "/SHOP"), To("late", null, "/sh%6Fp"), To("Bad", null, "/b"), To("web", "a b", "/"),
            To("web", null, "relative"), To("web", "b.example", "/"), To("web", null, "/with space"),
        ];

        var (accepted, refused) = RouteRules.Split([.. routes]);

        Assert.Equal(["shop /shop", "api /SHOP", "web b.example/"], accepted.Select(r => $"{r.Pool} {r.Pattern}"));
        Assert.Equal(["late", "Bad", "web", "web", "web"], refused.Select(r => r.Pool.Value));
        Assert.Contains("the same requests as the route to pool 'shop'", refused[0].Reason, StringComparison.Ordinal);
    }

    private static readonly Gen<string> Hosts = OneOf("example.org", "a.example.org", "b.a.example.org", "other.net");

    private static readonly Gen<string> Paths = OneOf("/", "/a", "/a/b", "/ab", "/A", "/a/b/c");

    private static readonly Gen<RoutePattern[]> Routes = Gen.Select(
        OneOf("", "example.org", "*.example.org", "*.a.example.org"), Paths, RoutePattern.Of).Array[0, 6]
        .Select(all => all.Distinct().ToArray());

    private static Gen<string> OneOf(params string[] some) => Gen.Int[0, some.Length - 1].Select(i => some[i]);

    private static RoutePattern Parse(string route) => RoutePattern.Of(route[..route.IndexOf('/')], route[route.IndexOf('/')..]);

    private static Route To(string pool, string? host, string path) => new(host, path, false, new PoolName(pool));
}
