namespace Nexus.Hosting;

/// <summary>Finds files that a build recorded, so that a build tree which was moved or copied uses its own.</summary>
public static class BuiltPath
{
    /// <summary>The path seen from the assembly, where that exists; else the path at build time.</summary>
    /// <param name="assemblyLocation">File of the assembly that recorded the path.</param>
    /// <param name="relative">From the assembly's folder.</param>
    /// <param name="absolute">At build time.</param>
    public static string Resolve(string assemblyLocation, string relative, string absolute)
    {
        var folder = Path.GetDirectoryName(assemblyLocation);
        var moved = string.IsNullOrEmpty(folder) ? absolute : Path.GetFullPath(relative, folder);
        return Path.Exists(moved) ? Path.TrimEndingDirectorySeparator(moved) : absolute;
    }
}
