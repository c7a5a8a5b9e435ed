namespace Nexus.Cli.Manifests;

/// <summary>Paths with their symbolic links followed.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>The path that an absolute path comes to; itself where it cannot be followed.</summary>
    public static string Of(string path)
    {
        try
        {
            return Follow(path, MaxLinks);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private static string Follow(string path, int links)
    {
        var real = "/";
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Path.Combine(real, parts[i]);
            if (links > 0 && new DirectoryInfo(next).LinkTarget is { } target)
            {
                var rest = Path.Combine([Path.GetFullPath(target, real), .. parts[(i + 1)..]]);
                return Follow(rest, links - 1);
            }

            real = next;
        }

        return real;
    }
}
