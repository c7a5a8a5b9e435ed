using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Addresses;
using Nexus.Cli.Drills;
using Nexus.Cli.Terminals;

namespace Nexus.Cli;

/// <summary>Runs one command: gives it its context and turns every end into an exit code and, on standard error, a message.</summary>
internal sealed class CommandRunner(CliHost host, GlobalOptions options)
{
    /// <summary>EPIPE.</summary>
    public const int BrokenPipe = 32;

    private readonly HashSet<Command> _plainFailures = [];

    /// <summary>Makes <paramref name="run"/> the action of <paramref name="command"/>, and every way it can fail exit with 1.</summary>
    public Command AttachPlain(Command command, Func<CommandContext, ParseResult, CancellationToken, Task<ExitCode>> run)
    {
        _plainFailures.Add(command);
        return Attach(command, run);
    }

    /// <summary>What a command exits with that failed with <paramref name="code"/>.</summary>
    public ExitCode Failed(Command command, ExitCode code) => _plainFailures.Contains(command) ? ExitCode.Failure : code;

    /// <summary>Makes <paramref name="run"/> the action of <paramref name="command"/>.</summary>
    public Command Attach(Command command, Func<CommandContext, ParseResult, CancellationToken, Task<ExitCode>> run)
    {
        command.SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, run, cancellationToken));
        return command;
    }

    public Surroundings Surroundings => host.Surroundings;

    private async Task<ExitCode> RunAsync(
        ParseResult parsed, Func<CommandContext, ParseResult, CancellationToken, Task<ExitCode>> run, CancellationToken cancellationToken)
    {
        var plain = parsed.GetValue(options.NoColor) || host.Surroundings.Variable("NO_COLOR") is { Length: > 0 };
        var output = parsed.GetValue(options.Output);
        var terminal = host.Terminals(!plain);
        try
        {
            var address = parsed.GetValue(options.Address);
            var finder = new AddressFinder(host.Surroundings);
            var context = new CommandContext(terminal, output, host.Time, () => host.Clients(finder.Find(address)), e => host.Clients([e]));
            return await run(context, parsed, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (CommandFailedException failed)
        {
            return Fail(terminal, Failed(parsed.CommandResult.Command, failed.Code), failed.Message);
        }
        catch (DrillFailedException wrong)
        {
            return Fail(terminal, ExitCode.Failure, wrong.Message);
        }
        catch (NexusUnreachableException unreachable)
        {
            return Fail(terminal, Failed(parsed.CommandResult.Command, ExitCode.Unreachable), $"{unreachable.Message} {Advice(unreachable.Endpoint)}");
        }
        catch (NexusApiException refused)
        {
            return Fail(terminal, ExitCode.Failure, refused.Message);
        }
        catch (IOException gone) when (gone.HResult == BrokenPipe)
        {
            return ExitCode.Ok; // whoever read our output, like head, has had enough
        }
        catch (IOException full)
        {
            return Fail(terminal, ExitCode.Failure, $"the output cannot be written: {full.Message}.");
        }
        catch (Exception bug)
        {
            terminal.Error.Line($"error: a bug in this command, please report it: {bug}");
            return ExitCode.Failure;
        }
    }

    private static string Advice(ApiEndpoint endpoint) => endpoint.Address.IsLoopback
        ? $"Start a cluster, or name a manager elsewhere with --address URL or {AddressFinder.Variable}."
        : $"Check that a manager runs there and that this machine may reach it, or name others, separated by commas, with --address URL or {AddressFinder.Variable}.";

    private static ExitCode Fail(Terminal terminal, ExitCode code, string message)
    {
        terminal.Error.Line(new Piece("error", Palette.Bad), $": {ConsoleLines.Harmless(message)}");
        return code;
    }
}
