using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;
using Nexus.Testing.Specs;

namespace Nexus.Core.Tests.Spec;

/// <summary>What the reader accepts is routed, whatever it is.</summary>
public sealed class AcceptedSpecTests
{
    private const int Seeds = 150;

    [Fact]
    public void Every_route_is_applied_and_takes_its_own_requests()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            var (accepted, refused) = RouteRules.Split(RouteOrder.Compute(generated.Spec));
            Assert.True(refused.IsEmpty, $"seed {generated.Seed}: {string.Join("; ", refused)}");
            Assert.Equal(generated.Spec.Gateway.Routes.Length, accepted.Length);
            var table = new RouteTable<Route>(accepted.Select(route => (route.Pattern, route)));
            foreach (var route in accepted)
            {
                var host = route.Host?.Replace("*", "x", StringComparison.Ordinal);
                var found = table.Find(host ?? "unknown.invalid", UrlPath.Canonical(route.Path));
                Assert.True(found is not null && (ReferenceEquals(found, route) || RouteOrder.HostRank(found.Host) < RouteOrder.HostRank(route.Host)
                    || found.Host?.Length > route.Host?.Length), $"seed {generated.Seed}: {route} is found as {found}");
                Assert.NotNull(RequestTarget.Forwarded(route.Path, route.Path, strips: false));
            }
        }
    }

    [Fact]
    public void Every_text_is_text_that_can_be_written()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            foreach (var text in generated.Spec.Pools.SelectMany(pool => TextsOf(pool.Template)))
            {
                Assert.True(IsUnicode(text), $"seed {generated.Seed}: half of a surrogate pair is no character");
                Assert.DoesNotContain('\0', text);
            }
        }
    }

    [Fact]
    public void The_specs_use_most_of_the_keys()
    {
        var places = GeneratedSpec.Many(Seeds).SelectMany(generated => SpecPlaces.Of(generated.Yaml).Given.Select(place => place.Key.Split('.')[^1])).ToHashSet();

        foreach (var key in new[] { "command", "env", "host_port", "volumes", "health", "placement", "process", "canary", "steps", "capabilities", "headers", "retry" })
        {
            Assert.True(places.Any(place => place.StartsWith(key, StringComparison.Ordinal)), $"no spec has {key}");
        }
    }

    private static IEnumerable<string> TextsOf(PoolTemplate template) =>
    [
        .. template.Command, .. template.Env.Keys, .. template.Env.Values, .. template.Volumes.Select(v => v.Source), .. template.Volumes.Select(v => v.Target),
        .. template.Health.Command, .. template.Process?.Command ?? [], template.Process?.WorkingDirectory ?? "",
    ];

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
