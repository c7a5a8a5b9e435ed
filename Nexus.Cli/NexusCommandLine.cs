using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Nexus.Cli.Commands;
using Nexus.Core.Spec.Sections;

namespace Nexus.Cli;

/// <summary>The <c>nexus</c> command: its grammar, and one run of it.</summary>
internal static class NexusCommandLine
{
    private const string Help = "help";
    private const string HelpTopic = "command";

    private static RootCommand Build(CliHost host, out CommandRunner runner)
    {
        var options = new GlobalOptions();
        runner = new CommandRunner(host, options);
        var root = new RootCommand("Runs pools of containers on a cluster of machines, and shows how they fare.")
        {
            options.Address, options.Output, options.NoColor,
            ApplyCommand.Describe(runner), ValidateCommand.Describe(runner), StatusCommand.Describe(runner),
            PlanCommand.Describe(runner), RolloutStatusCommand.DescribeGroup(runner), RolloutVerbCommand.DescribeRollback(runner),
            HistoryCommand.Describe(runner), DrainCommand.Describe(runner), DrainCommand.DescribeUncordon(runner),
            NodesCommand.Describe(runner), EventsCommand.Describe(runner), LogsCommand.Describe(runner),
            DrillsCommand.Describe(runner), ExportCommand.DescribeGroup(runner), ImportCommand.DescribeGroup(runner),
            PushCommand.Describe(runner), CompletionCommand.Describe(runner),
            PsCommand.Describe(runner), VersionWord(), HelpWord(),
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
        var root = Build(host, out var runner);
        var parsed = root.Parse(args);
        if (parsed.CommandResult.Command.Name == Help && parsed.Errors.Count == 0)
        {
            parsed = HelpOn(root, parsed);
        }

        try
        {
            if (parsed.Action is not ParseErrorAction)
            {
                return await parsed.InvokeAsync(configuration, cancellationToken);
            }

            await configuration.Error.WriteLineAsync(UsageError(parsed));
            return (int)runner.Failed(parsed.CommandResult.Command, ExitCode.Usage);
        }
        catch (IOException gone) when (gone.HResult == CommandRunner.BrokenPipe)
        {
            return (int)ExitCode.Ok; // help, of which the reader has seen enough
        }
        catch (IOException full)
        {
            return CannotWrite(configuration.Error, full);
        }
    }

    private static int CannotWrite(TextWriter error, IOException full)
    {
        try
        {
            error.WriteLine($"error: the output cannot be written: {full.Message}.");
        }
        catch (IOException)
        {
            // Nobody can be told: standard error is what cannot be written. The exit code says it.
        }

        return (int)ExitCode.Failure;
    }

    /// <summary><c>nexus help apply</c> is <c>nexus apply --help</c>; of a word that is no command, the usage error.</summary>
    private static ParseResult HelpOn(RootCommand root, ParseResult parsed)
    {
        var words = parsed.GetValue<string[]>(HelpTopic) ?? [];
        var topic = root.Parse(words);
        return topic is { UnmatchedTokens.Count: > 0, CommandResult.Command.Subcommands.Count: > 0 } ? topic : root.Parse([.. words, "--help"]);
    }

    private static Command HelpWord() => new(Help, "Show the help of a command.")
    {
        new Argument<string[]>(HelpTopic) { Description = "The command.", Arity = ArgumentArity.ZeroOrMore },
    };

    private static Command VersionWord()
    {
        var command = new Command("version", "Show the version of this command.");
        command.SetAction((parsed, _) => parsed.CommandResult.Command.Parents.OfType<RootCommand>().Single().Parse("--version")
            .InvokeAsync(parsed.InvocationConfiguration, CancellationToken.None));
        return command;
    }

    private static string UsageError(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0)
        {
            var names = string.Join(", ", command.Subcommands.Select(c => c.Name));
            var wrong = parsed.UnmatchedTokens is [var first, ..]
                ? $"'{first}' is not a command{DidYouMean(first, command.Subcommands)}"
                : "a command is missing";
            return $"error: {wrong}{(wrong.EndsWith('?') ? " There" : "; there")} are {names}.\nSee '{Path(command)} --help'.";
        }

        var options = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(c => c.Options.Where(o => o.Recursive))).ToList();
        var errors = parsed.Errors.Select(e => Hint(e.Message) is { Length: > 0 } hint ? $"error: {e.Message.TrimEnd('.')}{hint}\n" : $"error: {e.Message}\n");
        return $"{string.Concat(errors)}See '{Path(command)} --help'.";

        string Hint(string message) => parsed.UnmatchedTokens.FirstOrDefault(t => t.StartsWith('-') && message.Contains($"'{t}'", StringComparison.Ordinal))
            is { } typed ? DidYouMean(typed, options) : "";
    }

    private static string DidYouMean(string typed, IEnumerable<Symbol> known) =>
        NearestName.Find(typed, known.Where(s => !s.Hidden).Select(s => s.Name)) is { } near ? $"; did you mean '{near}'?" : "";

    private static string Path(Command command) =>
        command is RootCommand ? "nexus" : $"{Path((Command)command.Parents.First())} {command.Name}";
}
