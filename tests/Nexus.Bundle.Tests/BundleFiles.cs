using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Nexus.Core.Spec;
using Nexus.Manifests;

namespace Nexus.Bundle.Tests;

/// <summary>Bundles on the disk, as publishing writes them.</summary>
internal static class BundleFiles
{
    /// <summary>This machine's processor, in the bundles' word for it.</summary>
    public static string Arch => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>Writes all of a bundle.</summary>
    public static Task WriteAsync(
        string folder, string yaml, ClusterTopology topology, DeploymentTarget target, BundleOptions options, CancellationToken cancellationToken) =>
        WriteAsync(folder, DeploymentBundles.Compute(SpecReader.Read(yaml, "nexus.yaml").Spec!, topology, target, options), cancellationToken);

    /// <summary>Writes the folder of one machine.</summary>
    public static Task WriteNodeAsync(
        string folder, string node, string yaml, ClusterTopology topology, DeploymentTarget target, BundleOptions options,
        CancellationToken cancellationToken)
    {
        var below = $"nodes/{node}/";
        var files = DeploymentBundles.Compute(SpecReader.Read(yaml, "nexus.yaml").Spec!, topology, target, options)
            .Where(file => file.Path.StartsWith(below, StringComparison.Ordinal))
            .Select(file => file with { Path = file.Path[below.Length..] });
        return WriteAsync(folder, files, cancellationToken);
    }

    private static async Task WriteAsync(string folder, IEnumerable<ManifestFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files.ToImmutableArray())
        {
            var path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, file.Content, cancellationToken);
            if (file.Executable && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
            }
        }
    }
}
