using Microsoft.Extensions.DependencyInjection;
using Nexus.Core.Routing;
using Nexus.Gateway.Routing;
using Nexus.Testing.Specs;
using Yarp.ReverseProxy.Configuration;

namespace Nexus.Gateway.Tests;

/// <summary>What the reader of specs accepts as routes, the proxy takes.</summary>
public sealed class AcceptedSpecTests
{
    [Fact]
    public async Task Every_route_is_one_that_the_proxy_takes()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddReverseProxy();
        await using var provider = services.BuildServiceProvider();
        var validator = provider.GetRequiredService<IConfigValidator>();
        foreach (var generated in GeneratedSpec.Many(150))
        {
            var routes = RouteOrder.Compute(generated.Spec);
            foreach (var route in routes)
            {
                var errors = await validator.ValidateRouteAsync(ProxyConfigTranslation.ToConfig(route, order: 1));
                Assert.True(errors.Count == 0, $"seed {generated.Seed}, {route.Pattern}: {string.Join("; ", errors.Select(e => e.Message))}");
            }

            Assert.Equal(routes.Length, routes.Select(ProxyConfigTranslation.IdOf).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        }
    }
}
