using System.Runtime.InteropServices;
using Nexus.Testing;

namespace Nexus.Bundle.Tests;

/// <summary>The programs as they are shipped, for this machine's processor; published anew only when a source has changed since.</summary>
internal static class PublishedPrograms
{
    /// <summary>
    /// Where eng/publish.sh is not there yet: the same programs by plain publishing, from a copy of the sources, since a runtime
    /// identifier would change the lock files.
    /// </summary>
    private const string PlainPublish = """
        set -euo pipefail
        cd "$1" && work=artifacts/bundle/sources && rm -rf "$work" "$2" && mkdir -p "$work" "$2"
        tar --exclude=obj --exclude=packages.lock.json -cf - Nexus.Api Nexus.Cli Nexus.Consul Nexus.Core Nexus.Gateway Nexus.Manifests \
          Nexus.Orchestrator Nexus.Runtime Nexus.ServiceDefaults Nexus.WorkerAgent Directory.* global.json .editorconfig eng | tar -C "$work" -xf -
        for project in Nexus.Orchestrator Nexus.Gateway Nexus.WorkerAgent Nexus.Cli; do
          dotnet publish "$work/$project" --configuration Release --runtime "linux-$3" --self-contained --output "$2" --nologo --verbosity quiet \
            -nodeReuse:false -p:RestorePackagesWithLockFile=false -p:DebugType=none -p:ErrorOnDuplicatePublishOutputFiles=false
        done
        touch "$2/SHA256SUMS"
        """;

    /// <summary>Folder of the programs.</summary>
    public static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        var arch = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        var folder = Path.Combine(RepositoryRoot.Path, "artifacts", "publish", $"linux-{arch}");
        var sums = Path.Combine(folder, "SHA256SUMS");
        var script = Path.Combine(RepositoryRoot.Path, "eng", "publish.sh");
        if (!File.Exists(sums) || NewestSource() > File.GetLastWriteTimeUtc(sums))
        {
            await Command.MustAsync(
                "bash", File.Exists(script) ? [script, "--arch", arch, "--out", folder] : ["-c", PlainPublish, "publish", RepositoryRoot.Path, folder, arch],
                cancellationToken);
        }

        return folder;
    }

    private static DateTime NewestSource() =>
        ((string[])["Api", "Cli", "Consul", "Core", "Gateway", "Manifests", "Orchestrator", "Runtime", "ServiceDefaults", "WorkerAgent"])
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "Nexus." + project), "*.cs*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(RepositoryRoot.Path, "Directory.*"))
        .Max(File.GetLastWriteTimeUtc);
}
