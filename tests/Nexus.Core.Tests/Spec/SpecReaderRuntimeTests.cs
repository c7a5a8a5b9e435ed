using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

/// <summary>What an engine, Consul or a gateway would refuse later is refused by the reader, and what they take is not.</summary>
public sealed class SpecReaderRuntimeTests
{
    private static readonly string Digest = new('a', 64);

    [Theory]
    [InlineData("image: a..b", "Docker: separators of a repository")]
    [InlineData("image: a.-b", "Docker: separators of a repository")]
    [InlineData("image: a@sha256:abc", "Docker: a digest is whole")]
    [InlineData("{image: a, user: 2147483648}", "Docker: ids are 31 bits")]
    [InlineData("{image: a, user: \"0:4294967295\"}", "Docker: ids are 31 bits")]
    [InlineData("{image: a, volumes: [data:/x, more:/x/]}", "Docker: one mount point")]
    [InlineData("{image: a, volumes: [data:/x/y, more:/x//./y]}", "Docker: one mount point")]
    [InlineData("{image: a, port: 1, health: {path: /%zz}}", "Consul: not a URL")]
    [InlineData("{image: a, port: 1, health: {path: /up#now}}", "Consul: a fragment is not sent")]
    public void Read_refuses(string pool, string because) =>
        Assert.False(SpecReader.Read($"worker_pools: {{web: {Map(pool)}}}", "f").IsValid, because);

    [Theory]
    [InlineData("image: a__b-c--d.e/f_g")]
    [InlineData("{image: a, user: 2147483647}")]
    [InlineData("{image: a, volumes: [data:/x, more:/x/y, other:/X]}")]
    [InlineData("{image: a, port: 1, health: {path: \"/%2Fup?a=%20&b='1'|2\"}}")]
    public void Read_takes(string pool) => Assert.Empty(SpecReader.Read($"worker_pools: {{web: {Map(pool)}}}", "f").Problems.Where(p => p.Severity == SpecSeverity.Error));

    [Fact]
    public void Read_bounds_a_tag_as_registries_do()
    {
        Assert.True(SpecReader.Read($"worker_pools: {{web: {{image: \"a:{new string('t', 128)}@sha256:{Digest}\"}}}}", "f").IsValid);
        Assert.False(SpecReader.Read($"worker_pools: {{web: {{image: \"a:{new string('t', 129)}\"}}}}", "f").IsValid);
    }

    [Theory]
    [InlineData("{path: /Cart, pool: web}, {path: /cart, pool: web}", true, "paths have case")]
    [InlineData("{host: A.example, pool: web}, {host: a.Example, pool: web}", false, "hosts have none")]
    [InlineData("{path: /%61, pool: web}, {path: /a, pool: web}", false, "the same path, encoded")]
    [InlineData("{path: /a%2fb, pool: web}, {path: /a/b, pool: web}", true, "an encoded slash is no separator")]
    [InlineData("{path: /a%2fb, pool: web}, {path: /a%2Fb, pool: web}", false, "hexadecimal digits have no case")]
    [InlineData("{path: /%zz, pool: web}", false, "no request has this path")]
    [InlineData("{path: /a/../b, pool: web}", false, "no request has this path")]
    [InlineData("{path: /a/%2e%2e, pool: web}", false, "no request has this path")]
    [InlineData("{path: /%00, pool: web}", false, "no request has this path")]
    [InlineData("{path: /a/, pool: web}", false, "prefixes are whole segments without a slash at their end")]
    [InlineData("{path: /a{b}, pool: web}", false, "a brace is %7B")]
    [InlineData("{path: /%7Bb%7D/~x, pool: web}", true, "encoded braces, a tilde")]
    [InlineData("{host: example.org., pool: web}", false, "without the trailing dot")]
    [InlineData("{host: \"example.org:80\", pool: web}", false, "without a port")]
    [InlineData("{host: münchen.example, pool: web}", false, "as xn--…")]
    [InlineData("{host: xn--mnchen-3ya.example, pool: web}", true, "punycode")]
    [InlineData("{host: \"*\", pool: web}", false, "any host is none given")]
    [InlineData("{host: a_b.example, pool: web}", false, "not a DNS host")]
    [InlineData("{host: 10.0.0.7, pool: web}", true, "an address")]
    public void Read_compares_routes_as_gateways_do(string routes, bool valid, string because) => Assert.True(
        valid == SpecReader.Read($"worker_pools: {{web: {{image: a, port: 1}}}}\ngateway: {{routes: [{routes}]}}", "f").IsValid, because);

    [Fact]
    public void Read_bounds_the_parts_of_a_host()
    {
        Assert.True(Reads(new string('a', 63) + ".example"));
        Assert.False(Reads(new string('a', 64) + ".example"));

        static bool Reads(string host) =>
            SpecReader.Read($"worker_pools: {{web: {{image: a, port: 1}}}}\ngateway: {{routes: [{{host: {host}, pool: web}}]}}", "f").IsValid;
    }

    private static string Map(string pool) => pool[0] == '{' ? pool : "{" + pool + "}";
}
