using System.CommandLine;
using Nexus.Cli.Push;
using Nexus.Cli.Terminals;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus push</c>: brings a published bundle to its machines over SSH, and back.</summary>
internal sealed class PushCommand(CommandContext context, Surroundings surroundings)
{
    public static Command Describe(CommandRunner runner)
    {
        var options = new PushOptions();
        var command = new Command(
            "push", "Bring a published bundle to its machines over SSH, one at a time, each drained first; the first failure stops it.");
        options.AddTo(command);
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new PushCommand(context, runner.Surroundings).RunAsync(options, parsed, cancellationToken));
    }

    public async Task<ExitCode> RunAsync(PushOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        var bundle = PushBundle.Read(options.BundleFolder(parsed, surroundings));
        var plan = options.Plan(parsed, bundle, surroundings);
        if (options.IsDryRun(parsed))
        {
            foreach (var (machine, line) in plan.Describe())
            {
                context.Terminal.Out.Line($"{machine}: {line}");
            }

            return ExitCode.Ok;
        }

        RequireFiles(plan);
        var ssh = new SystemSsh(options.Ssh(parsed, bundle, surroundings), Say);
        var drains = new PushDrains(context, surroundings.User, options.DrainTimeout(parsed));
        var outcome = await new PushRun(plan, ssh, drains, Say).RunAsync(cancellationToken);
        Show(plan, outcome);
        cancellationToken.ThrowIfCancellationRequested();
        return outcome.Failed is null ? ExitCode.Ok : ExitCode.Failure;
    }

    private static void RequireFiles(PushPlan plan)
    {
        if (plan.Back)
        {
            return;
        }

        foreach (var machine in plan.Targets.Select(target => target.Machine))
        {
            if (!Directory.Exists(Path.Combine(plan.Secrets, machine.Name)))
            {
                throw new CommandFailedException(
                    ExitCode.Usage, $"there are no secrets for {machine.Name} in {plan.Secrets}: run secrets.sh of the bundle, or name their folder with --secrets.");
            }
        }

        if (plan.Bundle.NeedsBinaries && !File.Exists(Path.Combine(plan.Binaries, "nexus")))
        {
            throw new CommandFailedException(
                ExitCode.Usage, $"there are no programs in {plan.Binaries}: make them with eng/publish.sh --out, or name their folder with --binaries.");
        }

        if (plan.Consul is { } consul && !File.Exists(consul))
        {
            throw new CommandFailedException(ExitCode.Usage, $"--consul: there is no file {consul}.");
        }
    }

    private void Show(PushPlan plan, PushOutcome outcome)
    {
        if (context.Json)
        {
            context.Terminal.Json(outcome, CliJson.Default.PushOutcome);
        }
        else if (outcome.Done.Count > 0)
        {
            context.Terminal.Out.Line($"done: {string.Join(", ", outcome.Done)} {(outcome.Done.Count == 1 ? "has" : "have")} "
                + (plan.Back ? "the release before" : plan.Bundle.Version));
        }

        if (outcome.Failed is not { } failed)
        {
            return;
        }

        var error = context.Terminal.Error;
        error.Line(new Piece("error", Palette.Bad), $": stopped at {failed}: {ConsoleLines.Harmless(outcome.Reason!)}");
        error.Line(outcome.Untouched.Count > 0 ? $"not touched: {string.Join(", ", outcome.Untouched)}" : "no machine was left to do");
        if (!plan.Back)
        {
            error.Line($"the way back: nexus push {string.Join(' ', (string[])[.. outcome.Done, failed])} --bundle {plan.Bundle.Folder} --back");
        }

        if (outcome.Drained)
        {
            error.Line($"{failed} is out of use; put it back with: nexus uncordon {failed}");
        }
    }

    private void Say(string machine, string line) => context.Terminal.Error.Line($"{machine}: {ConsoleLines.Harmless(line)}");
}
