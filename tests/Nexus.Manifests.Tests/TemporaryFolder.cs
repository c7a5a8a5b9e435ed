namespace Nexus.Manifests.Tests;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nexus-manifests-").FullName;

    public string this[string below] => System.IO.Path.Combine(Path, below);

    /// <summary>Writes a bundle as publishing does.</summary>
    public TemporaryFolder With(IEnumerable<ManifestFile> files)
    {
        foreach (var file in files)
        {
            var path = this[file.Path];
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.Content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, file.Executable ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100);
            }
        }

        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
