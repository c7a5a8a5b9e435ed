namespace Nexus.ServiceDefaults.Logging;

/// <summary>The rolling log file of a production service; off until <see cref="Path"/> is set.</summary>
public sealed class FileLogOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Logging:File";

    /// <summary>A folder (ends in a separator, or exists: the file is named after the service) or a file whose name gets
    /// the date before its extension. For example <c>/var/log/nexus/</c>.</summary>
    public string? Path { get; set; }

    /// <summary>The size at which a new file of the same day begins.</summary>
    public long FileSizeLimitBytes { get; set; } = 50 * 1024 * 1024;

    /// <summary>How many files are kept, this one included; older ones are deleted.</summary>
    public int RetainedFileCount { get; set; } = 14;

    /// <summary>The path Serilog rolls: it puts the date where the name ends.</summary>
    internal string ResolvePath(string serviceName)
    {
        var path = System.IO.Path.GetFullPath(Path!);
        return System.IO.Path.EndsInDirectorySeparator(path) || Directory.Exists(path)
            ? System.IO.Path.Combine(path, serviceName + "-.log")
            : path;
    }
}
