using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Nexus.Cli.Commands;

namespace Nexus.Cli;

/// <summary>The <c>nexus</c> command: its grammar, and one run of it.</summary>
internal static class NexusCommandLine
{
    public static RootCommand Build(CliHost host)
    {
        var options = new GlobalOptions();
        var runner = new CommandRunner(host, options);
        var root = new RootCommand("Runs pools of containers on a cluster of machines, and shows how they fare.")
        {
            options.Address, options.Output, options.NoColor,
            ApplyCommand.Describe(runner), ValidateCommand.Describe(runner), StatusCommand.Describe(runner),
            NodesCommand.Describe(runner), EventsCommand.Describe(runner), LogsCommand.Describe(runner),
            CompletionCommand.Describe(runner),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExitCodesHelp((HelpAction)help.Action!);
        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliHost host, CancellationToken cancellationToken)
    {
        var terminal = host.Terminals(false);
        var configuration = new InvocationConfiguration
        {
            Output = terminal.Out.Profile.Out.Writer,
            Error = terminal.Error.Profile.Out.Writer,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        var parsed = Build(host).Parse(args);
        if (parsed.Action is not ParseErrorAction)
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }

        await configuration.Error.WriteLineAsync(UsageError(parsed));
        return (int)ExitCode.Usage;
    }

    private static string UsageError(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command is RootCommand)
        {
            var names = string.Join(", ", command.Subcommands.Select(c => c.Name));
            var wrong = parsed.UnmatchedTokens is [var first, ..] ? $"'{first}' is not a command" : "a command is missing";
            return $"error: {wrong}; there are {names}.\nSee 'nexus --help'.";
        }

        var errors = parsed.Errors.Select(e => $"error: {e.Message}\n");
        return $"{string.Concat(errors)}See 'nexus {command.Name} --help'.";
    }
}
