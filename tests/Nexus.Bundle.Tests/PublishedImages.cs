using Nexus.Images.Tests.Registry;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>
/// The images as eng/images.sh makes them for machines without a registry, for this machine's processor and on a base made here; made
/// anew only when a source has changed since.
/// </summary>
internal static class PublishedImages
{
    /// <summary>Their tag.</summary>
    public const string Tag = "bundle-test";

    /// <summary>Folder of the archives.</summary>
    public static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        var arch = BundleFiles.Arch == "arm64" ? "arm64" : "x64";
        var all = Path.Combine(RepositoryRoot.Path, "artifacts", "bundle-images");
        var folder = Path.Combine(all, $"linux-{arch}", "nexus");
        var done = Path.Combine(all, "done");
        if (!File.Exists(done) || PublishedPrograms.NewestSource() > File.GetLastWriteTimeUtc(done))
        {
            await using var registry = await RegistryServer.StartAsync(cancellationToken);
            using var client = new RegistryClient(registry.Host);
            await BaseImage.PushBareAsync(client, cancellationToken);
            await Command.MustAsync("bash",
                [
                    Path.Combine(RepositoryRoot.Path, "eng", "images.sh"), "--archive", all, "--arch", arch, "--tag", Tag,
                    "--self-contained", "--base", $"{registry.Host}/{BaseImage.Repository}:{BaseImage.Bare}",
                ], cancellationToken);
            await File.WriteAllTextAsync(done, "", cancellationToken);
        }

        return folder;
    }
}
