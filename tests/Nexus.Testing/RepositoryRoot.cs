namespace Nexus.Testing;

/// <summary>The folder of the working copy the tests were built from.</summary>
public static class RepositoryRoot
{
    /// <summary>Found by the solution file above the test's own folder.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Nexus.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Nexus.sln.");
    }
}
