using Nexus.EndToEnd.Tests;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>Commands that must succeed.</summary>
internal static class Command
{
    /// <summary>Runs a command line of plain words; returns what it printed.</summary>
    public static Task<string> RunAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return RunAsync(words[0], words[1..], cancellationToken);
    }

    /// <summary>Runs a line of shell; returns what it printed.</summary>
    public static Task<string> ShellAsync(string line, CancellationToken cancellationToken) =>
        RunAsync("bash", ["-o", "pipefail", "-c", line], cancellationToken);

    private static async Task<string> RunAsync(string command, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await CommandResult.RunAsync(command, arguments, cancellationToken);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException(
                $"'{command} {string.Join(' ', arguments)}' failed with {result.ExitCode}: {result.Error.Trim()} {result.Output.Trim()}");
    }
}
