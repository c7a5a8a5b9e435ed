namespace Nexus.Manifests.Tests;

public sealed class ManifestFileTests
{
    [Fact]
    public void Files_with_the_same_content_are_equal() => Assert.Equal(new ManifestFile("a", "b"), new ManifestFile("a", "b"));
}
