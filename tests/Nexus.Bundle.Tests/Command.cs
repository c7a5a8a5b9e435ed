using System.Diagnostics;

namespace Nexus.Bundle.Tests;

/// <summary>What a command said and how it left.</summary>
internal sealed record CommandResult(int Code, string Output, string Error)
{
    public string All => Output + Error;

    /// <summary>The output of a command that had to succeed.</summary>
    public string Must(string what) =>
        Code == 0 ? Output : throw new InvalidOperationException($"{what} left with {Code}:\n{Error}\n{Output}");
}

/// <summary>Runs commands of this machine to their end.</summary>
internal static class Command
{
    public static async Task<CommandResult> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static async Task<string> MustAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        (await RunAsync(program, arguments, cancellationToken)).Must($"{program} {string.Join(' ', arguments)}");
}
