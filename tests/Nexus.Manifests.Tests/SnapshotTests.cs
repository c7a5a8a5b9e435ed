using System.Text;
using Nexus.Testing;

namespace Nexus.Manifests.Tests;

/// <summary>
/// Every bundle as a text that people can review. To take over what changed, look at the difference after:
/// <c>NEXUS_ACCEPT_SNAPSHOTS=1 dotnet run --project tests/Nexus.Manifests.Tests -- --filter-class "*SnapshotTests"</c>
/// </summary>
public sealed class SnapshotTests
{
    private static readonly string Repository = RepositoryRoot.Path;

    public static TheoryData<string, DeploymentTarget> All => new(
        ClusterTopologies.Names.SelectMany(name => Bundles.Targets.Select(target => (name, target))));

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_bundle_is_as_it_was_reviewed(string topology, DeploymentTarget target)
    {
        var path = Path.Combine(
            Repository, "tests", "Nexus.Manifests.Tests", "Snapshots", $"{topology}-{target.ToString().ToLowerInvariant()}.txt");
        var actual = Describe(topology, target);
        if (Environment.GetEnvironmentVariable("NEXUS_ACCEPT_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
        }

        Assert.True(File.Exists(path), $"{path} is missing; the summary of this class says how to make it.");
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), actual);
    }

    private static string Describe(string topology, DeploymentTarget target)
    {
        var templates = Directory.EnumerateFiles(Path.Combine(Repository, "Nexus.Manifests", "Templates"))
            .ToDictionary(File.ReadAllText, file => Path.GetFileName(file), StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var file in Bundles.Of(topology, target))
        {
            text.Append($"=== {file.Path}{(file.Executable ? " (executable)" : "")}");
            text.Append(templates.TryGetValue(file.Content, out var template)
                ? $" is Templates/{template}\n"
                : $"\n{file.Content}");
        }

        return text.ToString();
    }
}
