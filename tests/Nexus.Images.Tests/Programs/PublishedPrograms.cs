using Nexus.Images.Tests.Tools;

namespace Nexus.Images.Tests.Programs;

/// <summary>The folder that eng/publish.sh makes for ARM64, made once for all tests that look at it.</summary>
public sealed class PublishedPrograms : IAsyncLifetime
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("nexus-programs-").FullName;

    /// <summary>The programs and their runtime.</summary>
    public string Folder => Path.Combine(_scratch, "linux-arm64");

    /// <summary>The bill of materials beside it.</summary>
    public string Sbom => Folder + ".spdx.json";

    public async ValueTask InitializeAsync() =>
        await Command.RunScriptAsync("publish.sh", ["--out", Folder, "--sbom"], TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_scratch, recursive: true);
        return ValueTask.CompletedTask;
    }
}
