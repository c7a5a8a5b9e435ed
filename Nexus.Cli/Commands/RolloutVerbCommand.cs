using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Commands;

/// <summary>Asks something of a rollout: <c>nexus rollout pause|resume|promote|abort</c> and <c>nexus rollback</c>.</summary>
internal sealed class RolloutVerbCommand(CommandContext context, string by)
{
    public static Command Describe(CommandRunner runner, RolloutVerb verb, string description)
    {
        var pool = Pool();
        var command = new Command(verb.ToString().ToLowerInvariant(), description) { pool };
        return runner.Attach(command, (context, parsed, cancellationToken) => new RolloutVerbCommand(context, runner.Surroundings.User)
            .RunAsync(parsed.GetRequiredValue(pool), verb, revision: null, wait: null, cancellationToken));
    }

    public static Command DescribeRollback(CommandRunner runner)
    {
        var pool = Pool();
        var revision = new Argument<string?>("revision")
        {
            Description = "Which revision, as 'nexus history' shows it; else the one before the present.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var wait = new Option<TimeSpan?>("--wait")
        {
            Description = "Wait until that revision serves alone; exits 1 when it was rolled back or failed in turn. Default timeout 5m.",
            HelpName = "timeout",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Spans.Parse,
        };
        var command = new Command("rollback", "Roll out an earlier revision of a pool, whatever the spec says, until the spec's own changes.")
        {
            pool, revision, wait,
        };
        return runner.Attach(command, (context, parsed, cancellationToken) => new RolloutVerbCommand(context, runner.Surroundings.User).RunAsync(
            parsed.GetRequiredValue(pool), RolloutVerb.Rollback, parsed.GetValue(revision),
            parsed.GetResult(wait) is null ? null : parsed.GetValue(wait) ?? ApplyCommand.DefaultWait, cancellationToken));
    }

    public async Task<ExitCode> RunAsync(
        string pool, RolloutVerb verb, string? revision, TimeSpan? wait, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var rollout = await client.CommandRolloutAsync(pool, new RolloutCommand(verb, revision, by), cancellationToken);
        if (context.Json)
        {
            context.Terminal.Json(rollout, ApiJson.Default.RolloutView);
        }
        else
        {
            // How it stands is still the state before; of a way back that would read as its result.
            context.Terminal.Out.Line(verb == RolloutVerb.Rollback
                ? $"{pool}: asked to roll back to {revision ?? "the revision before"}"
                : $"{pool}: asked to {verb.ToString().ToLowerInvariant()}; it is {ConsoleLines.Harmless(RolloutWords.Progress(rollout))}");
            if (wait is null)
            {
                context.Progress.Line($"See 'nexus rollout status {pool} --watch' for what comes of it.");
            }
        }

        return wait is { } timeout ? await new RollbackWait(context, client).RunAsync(rollout, timeout, cancellationToken) : ExitCode.Ok;
    }

    private static Argument<string> Pool() => new("pool") { Description = "The pool." };
}
