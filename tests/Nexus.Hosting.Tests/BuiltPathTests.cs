namespace Nexus.Hosting.Tests;

public sealed class BuiltPathTests
{
    [Fact]
    public void Resolve_prefers_the_tree_of_the_assembly_over_the_place_of_the_build()
    {
        var tree = Directory.CreateTempSubdirectory("nexus-moved-").FullName;
        try
        {
            var output = Directory.CreateDirectory(Path.Combine(tree, "artifacts", "bin", "App", "debug")).FullName;
            var moved = Directory.CreateDirectory(Path.Combine(tree, "App")).FullName;

            Assert.Equal(moved, BuiltPath.Resolve(Path.Combine(output, "App.dll"), "../../../../App/", tree));
            Assert.Equal(tree, BuiltPath.Resolve(Path.Combine(output, "App.dll"), "../../../../Gone/", tree));
            Assert.Equal(tree, BuiltPath.Resolve("", "../../../../App/", tree)); // a single file has no location
        }
        finally
        {
            Directory.Delete(tree, recursive: true);
        }
    }
}
