using System.Runtime.InteropServices;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>The programs as they are shipped, for this machine's processor; published anew only when a source has changed since.</summary>
internal static class PublishedPrograms
{
    /// <summary>Folder of the programs.</summary>
    public static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        var arch = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        var folder = Path.Combine(RepositoryRoot.Path, "artifacts", "publish", $"linux-{arch}");
        var sums = Path.Combine(folder, "SHA256SUMS");
        var script = Path.Combine(RepositoryRoot.Path, "eng", "publish.sh");
        if (!File.Exists(sums) || NewestSource() > File.GetLastWriteTimeUtc(sums))
        {
            await Command.MustAsync("bash", [script, "--arch", arch, "--out", folder], cancellationToken);
        }

        return folder;
    }

    /// <summary>When a source of what is shipped was last changed.</summary>
    public static DateTime NewestSource() =>
        ((string[])["Api", "Cli", "Consul", "Core", "Gateway", "Manifests", "Orchestrator", "Runtime", "ServiceDefaults", "WorkerAgent"])
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "Nexus." + project), "*.cs*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(RepositoryRoot.Path, "Directory.*"))
        .Max(File.GetLastWriteTimeUtc);
}
