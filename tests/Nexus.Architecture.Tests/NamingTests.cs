using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Nexus.Architecture.Tests;

/// <summary>Words that say nothing are not names.</summary>
public sealed class NamingTests
{
    private static readonly ArchUnitNET.Domain.Architecture Nexus = new ArchLoader().LoadAssemblies([.. Layers.Assemblies]).Build();

    [Theory]
    [InlineData("Helper")]
    [InlineData("Util")]
    [InlineData("Utils")]
    [InlineData("Manager")]
    [InlineData("Processor")]
    [InlineData("Common")]
    [InlineData("Shared")]
    public void No_type_is_called(string word) =>
        Types().That().ResideInNamespaceMatching("^Nexus(\\.|$)")
            .Should().NotHaveNameEndingWith(word).WithoutRequiringPositiveResults().Check(Nexus);

    [Theory]
    [InlineData("Helpers")]
    [InlineData("Utils")]
    [InlineData("Common")]
    [InlineData("Shared")]
    [InlineData("Abstractions")]
    public void No_namespace_is_called(string word) =>
        Types().That().ResideInNamespaceMatching($"^Nexus(\\..*)?\\.{word}(\\.|$)")
            .Should().NotExist().WithoutRequiringPositiveResults().Check(Nexus);

    [Fact]
    public void Only_the_runtime_and_hosting_know_Docker() =>
        Types().That().DependOnAny(Types().That().ResideInNamespaceMatching("^Docker\\.DotNet"))
            .Should().ResideInAssemblyMatching("^Nexus\\.(Runtime|Hosting)").WithoutRequiringPositiveResults().Check(Nexus);
}
