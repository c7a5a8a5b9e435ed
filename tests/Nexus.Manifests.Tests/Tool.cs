using System.Diagnostics;
using Nexus.Testing;

namespace Nexus.Manifests.Tests;

/// <summary>What a program said and how it left.</summary>
internal sealed record ToolResult(int Code, string Output, string Error)
{
    public string All => Output + Error;
}

/// <summary>Programs of the machine that judge what we made.</summary>
internal static class Tool
{
    private const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static bool _installed;

    /// <summary>Runs a program to its end.</summary>
    public static Task<ToolResult> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, folder: null, variables: null);

    public static async Task<ToolResult> RunAsync(
        string program, IEnumerable<string> arguments, string? folder, IReadOnlyDictionary<string, string>? variables)
    {
        var start = new ProcessStartInfo(await FindAsync(program), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        start.Environment["PATH"] = Path;
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ToolResult(process.ExitCode, await output, await error);
    }

    /// <summary>Where a program is; the repository's own installer brings it when the machine has none.</summary>
    private static async Task<string> FindAsync(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return program;
        }

        await Gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (Locate(program) is null && !_installed)
            {
                _installed = true;
                using var installer = Process.Start(new ProcessStartInfo("bash", [System.IO.Path.Combine(RepositoryRoot.Path, "eng", "install.sh")]))!;
                await installer.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            Gate.Release();
        }

        return Locate(program) ?? throw new InvalidOperationException($"{program} is not on this machine, and eng/install.sh did not bring it.");
    }

    private static string? Locate(string program) =>
        Path.Split(':').Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
