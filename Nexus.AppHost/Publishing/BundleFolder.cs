using System.Text;
using Nexus.Manifests;

namespace Nexus.AppHost.Publishing;

/// <summary>Writes a bundle to a folder that appears, or is replaced, as a whole.</summary>
internal static class BundleFolder
{
    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode RunnableByAll = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task ReplaceAsync(string folder, IEnumerable<ManifestFile> files, CancellationToken cancellationToken)
    {
        var draft = folder + ".draft";
        Remove(draft);
        try
        {
            foreach (var file in files)
            {
                await WriteAsync(Path.Combine(draft, file.Path), file, cancellationToken);
            }

            Remove(folder);
            Directory.Move(draft, folder);
        }
        finally
        {
            Remove(draft);
        }
    }

    private static async Task WriteAsync(string path, ManifestFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, file.Content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, ReadableByAll | (file.Executable ? RunnableByAll : UnixFileMode.None));
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
