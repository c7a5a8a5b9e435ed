using System.ComponentModel;
using System.Diagnostics;

namespace Nexus.AppHost;

/// <summary>What a command came to.</summary>
/// <param name="ExitCode">Its exit code; null when there is no such command, or it took too long.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it complained of.</param>
internal sealed record CommandOutcome(int? ExitCode, string Output, string Error)
{
    /// <summary>Runs a command to its end, at most <paramref name="patience"/>.</summary>
    public static async Task<CommandOutcome> OfAsync(
        string command, string[] arguments, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            try
            {
                var error = process.StandardError.ReadToEndAsync(either.Token);
                var output = await process.StandardOutput.ReadToEndAsync(either.Token);
                await process.WaitForExitAsync(either.Token);
                return new CommandOutcome(process.ExitCode, output.Trim(), (await error).Trim());
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return new CommandOutcome(null, "", $"{command} did not end within {patience.TotalSeconds:0} s");
            }
        }
        catch (Win32Exception)
        {
            return new CommandOutcome(null, "", $"there is no '{command}' on PATH");
        }
    }
}
