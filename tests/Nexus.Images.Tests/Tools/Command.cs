using Nexus.EndToEnd.Tests;
using Nexus.Testing;

namespace Nexus.Images.Tests.Tools;

/// <summary>Commands of the repository and of the machine.</summary>
internal static class Command
{
    /// <summary>Runs one that must succeed; returns what it printed.</summary>
    public static async Task<string> RunAsync(string command, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await CommandResult.RunAsync(command, arguments, cancellationToken);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException(
                $"'{command} {string.Join(' ', arguments)}' failed with {result.ExitCode}: {result.Error.Trim()} {result.Output.Trim()}");
    }

    /// <summary>Runs a script of eng/, whatever comes of it.</summary>
    public static Task<CommandResult> ScriptAsync(string name, string[] arguments, CancellationToken cancellationToken) =>
        CommandResult.RunAsync(Path.Combine(RepositoryRoot.Path, "eng", name), arguments, cancellationToken);

    /// <summary>Runs a script of eng/ that must succeed.</summary>
    public static Task<string> RunScriptAsync(string name, string[] arguments, CancellationToken cancellationToken) =>
        RunAsync(Path.Combine(RepositoryRoot.Path, "eng", name), arguments, cancellationToken);
}
