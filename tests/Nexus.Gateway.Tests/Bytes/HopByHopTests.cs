using System.Text;
using Microsoft.Extensions.Primitives;
using Nexus.Gateway.Forwarding;

namespace Nexus.Gateway.Tests.Bytes;

public sealed class HopByHopTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("keep-alive", "")]
    [InlineData("Keep-Alive, Upgrade", "")]
    [InlineData("close, X-A,\tx-b ,,", "X-A x-b")]
    [InlineData("Host, Authorization, Set-Cookie, X-A, no token", "X-A")]
    public void Nominated_are_the_fields_that_may_be(string value, string expected) =>
        Assert.Equal(expected, string.Join(' ', HopByHop.Nominated(new StringValues([value, ""])) ?? []));

    [Theory]
    [InlineData("keep-alive", "keep-alive")]
    [InlineData("close", "close, keep-ALIVE")]
    [InlineData("close, X-A", "close, X-A, keep-ALIVE")]
    [InlineData("keep-alive, X-A", "X-A")]
    [InlineData("Upgrade,X-A", "Upgrade,X-A, keep-ALIVE")]
    [InlineData("X-\u00e9", "X-\u00e9")]
    public void A_Connection_field_keeps_what_it_names(string value, string expected) =>
        Assert.Equal(expected, ConnectionEncoding.Select("connection").GetString(Encoding.Latin1.GetBytes(value)));
}
