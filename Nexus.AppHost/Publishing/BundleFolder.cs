using System.Text;
using Nexus.Manifests;

namespace Nexus.AppHost.Publishing;

/// <summary>
/// Writes a bundle to a folder that appears, or is replaced, as a whole. What an earlier bundle wrote there goes; what people put
/// there, such as the secrets that its script made, stays.
/// </summary>
internal static class BundleFolder
{
    /// <summary>The files of the bundle, a line each.</summary>
    private const string List = ".files";

    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode RunnableByAll = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task ReplaceAsync(string folder, IReadOnlyList<ManifestFile> files, CancellationToken cancellationToken)
    {
        var draft = folder + ".draft";
        Remove(draft);
        try
        {
            if (Directory.Exists(folder))
            {
                CopyWhatIsNotOurs(folder, draft);
            }

            var list = new ManifestFile(List, string.Concat(files.Select(file => $"{file.Path}\n")));
            foreach (var file in files.Append(list))
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

    private static void CopyWhatIsNotOurs(string from, string to)
    {
        var list = Path.Combine(from, List);
        var ours = (File.Exists(list) ? File.ReadAllLines(list) : []).Append(List).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(from, file).Replace(Path.DirectorySeparatorChar, '/');
            if (!ours.Contains(name))
            {
                var target = Path.Combine(to, name);
                CreateLike(Path.GetDirectoryName(target)!, Path.GetDirectoryName(file)!);
                File.Copy(file, target);
            }
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

    /// <summary>What nobody else may look into stays so.</summary>
    private static void CreateLike(string folder, string model)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, File.GetUnixFileMode(model));
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
