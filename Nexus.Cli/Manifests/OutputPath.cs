using System.Text;
using Nexus.Manifests;

namespace Nexus.Cli.Manifests;

/// <summary>Puts files where the user wants them: all or none, and over nothing that was there unless told to.</summary>
internal static class OutputPath
{
    /// <summary>Writes one file.</summary>
    public static Task WriteFileAsync(string path, ManifestFile file, bool force, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            throw Refused($"{path} is a folder; name a file in it.");
        }

        if (File.Exists(path) && !force)
        {
            throw Refused($"{path} exists; name another, or overwrite it with --force.");
        }

        return GuardedAsync(path, async () =>
        {
            var half = $"{path}.{Environment.ProcessId}.tmp";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                await File.WriteAllTextAsync(half, file.Content, new UTF8Encoding(false), cancellationToken);
                File.Move(half, path, overwrite: force);
            }
            finally
            {
                File.Delete(half);
            }
        });
    }

    /// <summary>Writes files into a folder, which becomes visible with all of them.</summary>
    public static Task WriteFolderAsync(string path, IReadOnlyList<ManifestFile> files, bool force, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            throw Refused($"{path} is a file; name a folder.");
        }

        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !force)
        {
            throw Refused($"{path} is not empty; name another, or overwrite files of the same names with --force.");
        }

        return GuardedAsync(path, async () =>
        {
            var half = Directory.CreateDirectory($"{path.TrimEnd('/')}.{Environment.ProcessId}.tmp").FullName;
            try
            {
                foreach (var file in files)
                {
                    await File.WriteAllTextAsync(Path.Combine(half, file.Path), file.Content, new UTF8Encoding(false), cancellationToken);
                }

                Publish(half, path);
            }
            finally
            {
                if (Directory.Exists(half))
                {
                    Directory.Delete(half, recursive: true);
                }
            }
        });
    }

    private static void Publish(string half, string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.Move(half, path);
            return;
        }

        foreach (var file in Directory.EnumerateFiles(half).Order(StringComparer.Ordinal))
        {
            File.Move(file, Path.Combine(path, Path.GetFileName(file)), overwrite: true);
        }
    }

    private static async Task GuardedAsync(string path, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failure, $"{path} cannot be written: {unwritable.Message}", unwritable);
        }
    }

    private static CommandFailedException Refused(string message) => new(ExitCode.Usage, message);
}
