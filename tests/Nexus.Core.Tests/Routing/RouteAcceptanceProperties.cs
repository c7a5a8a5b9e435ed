using CsCheck;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Tests.Routing;

/// <summary>Routes that the reader takes are routes that gateways apply, whatever is written.</summary>
public sealed class RouteAcceptanceProperties
{
    private const string Pools = "worker_pools: {web: {image: a, port: 1}, api: {image: b, port: 1}}\n";

    private static readonly Gen<string> Path = Gen.OneOf(
        Gen.Char["aA%2fF7bB.~*?{}$&'()+,;=:@-_/ "].Array[0, 12].Select(chars => "/" + new string(chars)),
        Gen.Int[0, 5].Select(i => new[] { "/", "/a", "/A", "/%61", "/%2f", "/a%2F" }[i]));

    private static readonly Gen<string?> Host = Gen.OneOf(
        Gen.Const((string?)null),
        Gen.Char["aZ9-.*_:"].Array[1, 10].Select(chars => (string?)new string(chars)),
        Gen.Int[0, 3].Select(i => (string?)new[] { "a.example", "A.Example", "*.example", "b.a.example" }[i]));

    [Fact]
    public void What_the_reader_takes_is_applied() => Gen.Select(Host, Path, Gen.Bool).Array[1, 6].Sample(routes =>
    {
        var read = SpecReader.Read(Pools + "gateway:\n  routes:\n" + string.Concat(routes.Select(Line)), "f");
        if (read.Spec is not { } spec)
        {
            return true;
        }

        var (accepted, refused) = RouteRules.Split(RouteOrder.Compute(spec));
        var table = new RouteTable<Route>(accepted.Select(route => (route.Pattern, route)));
        return refused.IsEmpty
            && accepted.Length == routes.Length
            && accepted.All(route => ReferenceEquals(
                route, table.Find(route.Host?.Replace("*", "x", StringComparison.Ordinal) ?? "none", UrlPath.Canonical(route.Path)))
                || route.Host is null or ['*', ..]);
    }, iter: 20_000);

    private static string Line((string? Host, string Path, bool Api) route) =>
        $"    - {{{(route.Host is { } host ? $"host: {Quote(host)}, " : "")}path: {Quote(route.Path)}, pool: {(route.Api ? "api" : "web")}}}\n";

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
