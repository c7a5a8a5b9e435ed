using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Pipelines;

namespace Nexus.Hosting.Engine.Publishing;

/// <summary>
/// The published files, which appear all at once or not at all: the steps write into a folder beside the final one, which takes
/// its place when the last step is done. It begins as a copy of what an earlier publish left there, so that what people added
/// (the values of an .env) stays.
/// </summary>
internal sealed class OutputFolder : IPipelineOutputService, IDisposable
{
    /// <summary>Tells a folder of ours from one that must not be replaced.</summary>
    private const string Mark = ".published";

    private readonly string _final;
    private readonly string _draft;

    private OutputFolder(string final, string draft) => (_final, _draft) = (final, draft);

    /// <summary>Begins a draft; refuses a folder that is not ours to replace or cannot be written.</summary>
    public static OutputFolder Begin(string path)
    {
        Refuse(path);
        var draft = $"{path}.draft-{Environment.ProcessId}";
        try
        {
            Remove(draft);
            CreateLike(draft, path);
            if (Directory.Exists(path))
            {
                Copy(path, draft);
            }

            File.WriteAllText(Path.Combine(draft, Mark), "Written by publish, which replaces this folder the next time; files of other names stay.\n");
            return new OutputFolder(path, draft);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException($"--output-path: {path} cannot be written: {exception.Message}", exception);
        }
    }

    public string GetOutputDirectory() => _draft;

    public string GetOutputDirectory(IResource resource)
    {
        var folder = Path.Combine(_draft, resource.Name);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Puts the draft in its place, and gives that.</summary>
    public string Commit()
    {
        var old = $"{_final}.old-{Environment.ProcessId}";
        if (!Directory.Exists(_final))
        {
            Directory.Move(_draft, _final);
            return _final;
        }

        Directory.Move(_final, old);
        try
        {
            Directory.Move(_draft, _final);
        }
        catch
        {
            Directory.Move(old, _final);
            throw;
        }

        Directory.Delete(old, recursive: true);
        return _final;
    }

    /// <summary>Leaves nothing of a draft that was not committed.</summary>
    public void Dispose() => Remove(_draft);

    private static void Refuse(string path)
    {
        if (File.Exists(path))
        {
            throw new DistributedApplicationException($"--output-path: {path} is a file; it must be a folder, which need not exist.");
        }

        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !File.Exists(Path.Combine(path, Mark)))
        {
            throw new DistributedApplicationException(
                $"--output-path: {path} has files in it that no publish wrote; choose a folder that does not exist or is empty.");
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            CreateLike(Path.Combine(to, Path.GetRelativePath(from, folder)), folder);
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    /// <summary>What nobody else may look into stays so.</summary>
    private static void CreateLike(string folder, string model)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(model))
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
