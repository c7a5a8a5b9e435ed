using System.Diagnostics;

namespace Nexus.Testing;

/// <summary>Compose v2, whose own reading of a project is the reference. <c>eng/install.sh</c> brings it.</summary>
public static class ComposeProgram
{
    private static readonly string Program = System.IO.Path.Combine(
        RepositoryRoot.Path, ".tools", "compose", "usr", "libexec", "docker", "cli-plugins", "docker-compose");

    /// <summary>Runs it in a folder, with no variables but those given.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(
        string folder, IReadOnlyDictionary<string, string> variables, IEnumerable<string> args, CancellationToken cancellationToken)
    {
        if (!File.Exists(Program))
        {
            throw new FileNotFoundException($"{Program} is not there; eng/install.sh installs it.", Program);
        }

        var start = new ProcessStartInfo(Program, args)
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = "/root";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
