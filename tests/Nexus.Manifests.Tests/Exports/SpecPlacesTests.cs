using Nexus.Core.Spec;

namespace Nexus.Manifests.Tests.Exports;

public sealed class SpecPlacesTests
{
    [Theory]
    [InlineData("worker_pools.web.port", "worker_pools.web.port 4:5", "it is given")]
    [InlineData("worker_pools.web.health.path", "worker_pools.web 2:3", "the nearest above it is")]
    [InlineData("worker_pools.web.volumes[1].target", "worker_pools.web.volumes[1] 5:21", "an item of a list has a place")]
    [InlineData("gateway", "", "nothing of it is given")]
    public void Find_gives_the_nearest_place(string key, string expected, string because)
    {
        var places = SpecPlaces.Of("worker_pools:\n  web:\n    image: a\n    port: 80\n    volumes: [a:/a, b:/b]\n");

        var found = places.Find(key) is { } place ? $"{place.Key} {place.Line}:{place.Column}" : "";

        Assert.True(expected == found, $"{because}, but found {found}");
    }

    [Fact]
    public void What_is_not_YAML_has_no_places() => Assert.Empty(SpecPlaces.Of("a: [").Given);
}
