using Nexus.Manifests.ComposeImport;
using Nexus.Testing;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Compose files in the shapes that people run, beside this class.</summary>
internal static class RealFiles
{
    public static string Folder { get; } = Path.Combine(RepositoryRoot.Path, "tests", "Nexus.Manifests.Tests", "ComposeImport", "Files");

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    public static string Text(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.yaml"));

    public static ComposeImported Import(string name, params string[] profiles) => ComposeImporter.Compute(new ComposeSource(
        Text(name), $"{name}.yaml", Folder, _ => null, path => File.Exists(path) ? File.ReadAllText(path) : null)
    { Profiles = [.. profiles] });
}
