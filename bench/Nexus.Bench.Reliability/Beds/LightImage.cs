namespace Nexus.Bench.Reliability.Beds;

/// <summary>The image that every orchestrator runs here: bench/light.</summary>
internal static class LightImage
{
    /// <summary>Builds its tags unless they are there.</summary>
    public static Task BuildAsync(CancellationToken cancellationToken)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Nexus.sln")))
        {
            folder = folder.Parent;
        }

        return folder is null
            ? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Nexus.sln.")
            : Shell.RunAsync("bash", [Path.Combine(folder.FullName, "bench", "light", "build.sh")], cancellationToken);
    }
}
