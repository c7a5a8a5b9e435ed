namespace Nexus.AppHost;

/// <summary>Finds a consul program, or fetches one into <c>.tools/</c>, by the script that the tests use too.</summary>
internal static class ConsulProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Its path; else why there is none and which command mends it.</summary>
    public static async Task<(string? Path, string Trouble)> FindAsync(string root, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(root, ".tools", "consul", "consul")) && !IsOnPath())
        {
            Console.WriteLine("There is no consul on PATH: fetching one into .tools/, once …");
        }

        var outcome = await CommandOutcome.OfAsync("bash", [Path.Combine(root, "eng", "consul.sh")], Patience, cancellationToken);
        return outcome.ExitCode == 0
            ? (outcome.Output, "")
            : (null, outcome.Error.Trim());
    }

    private static bool IsOnPath() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, "consul")));
}
