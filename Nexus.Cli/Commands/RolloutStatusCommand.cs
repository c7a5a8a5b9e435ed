using System.Collections.Immutable;
using System.CommandLine;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus rollout status</c>: how rollouts stand, once or until they have come to their end.</summary>
internal sealed class RolloutStatusCommand(CommandContext context)
{
    /// <summary>Between two looks of <c>--watch</c>.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary><c>nexus rollout</c> with everything below it.</summary>
    public static Command DescribeGroup(CommandRunner runner) => new("rollout", "Show and steer how pools get to new revisions.")
    {
        Describe(runner),
        RolloutVerbCommand.Describe(runner, RolloutVerb.Pause, "Replace nothing more for now."),
        RolloutVerbCommand.Describe(runner, RolloutVerb.Resume, "Go on after a pause, or try again a revision that failed."),
        RolloutVerbCommand.Describe(runner, RolloutVerb.Promote, "Take the next step, or switch, without waiting further."),
        RolloutVerbCommand.Describe(runner, RolloutVerb.Abort, "Give up and go back to the stable revision."),
    };

    public async Task<ExitCode> RunAsync(string? pool, bool watch, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var rollouts = await ReadAsync(client, pool, cancellationToken);
        Write(rollouts, pool);
        if (!watch)
        {
            return ExitCode.Ok;
        }

        var shown = Fingerprint(rollouts);
        while (!rollouts.All(r => RolloutWords.IsEnd(r.Phase)))
        {
            await Task.Delay(Interval, context.Time, cancellationToken);
            try
            {
                rollouts = await ReadAsync(client, pool, cancellationToken);
            }
            catch (NexusApiException away) when (away.IsTransient)
            {
                context.Terminal.Error.Line($"warning: {ConsoleLines.Harmless(away.Message)} Trying again.");
                continue;
            }

            if (Fingerprint(rollouts) is var now && now != shown)
            {
                shown = now;
                Write(rollouts, pool);
            }
        }

        return rollouts.Any(r => RolloutWords.IsBadEnd(r.Phase)) ? ExitCode.Failure : ExitCode.Ok;
    }

    private static Command Describe(CommandRunner runner)
    {
        var pool = new Argument<string?>("pool") { Description = "Only this pool.", Arity = ArgumentArity.ZeroOrOne };
        var watch = new Option<bool>("--watch", "-w")
        {
            Description = "Show every change until all of them have come to their end; exits 1 if one was rolled back or failed.",
        };
        var command = new Command("status", "Show how the rollouts of the pools stand.") { pool, watch };
        return runner.Attach(command, (context, parsed, cancellationToken) =>
            new RolloutStatusCommand(context).RunAsync(parsed.GetValue(pool), parsed.GetValue(watch), cancellationToken));
    }

    private static async Task<ImmutableArray<RolloutView>> ReadAsync(NexusApiClient client, string? pool, CancellationToken cancellationToken) =>
        pool is null ? await client.GetRolloutsAsync(cancellationToken) : [await client.GetRolloutAsync(pool, cancellationToken)];

    private static string Fingerprint(ImmutableArray<RolloutView> rollouts) =>
        string.Join('\n', rollouts.Select(r => $"{r.Pool} {r.Number} {r.Updated} {RolloutWords.Progress(r)}"));

    private void Write(ImmutableArray<RolloutView> rollouts, string? pool)
    {
        if (context.Json && pool is not null)
        {
            context.Terminal.Json(rollouts[0], ApiJson.Default.RolloutView);
        }
        else if (context.Json)
        {
            context.Terminal.Json(rollouts, ApiJson.Default.ImmutableArrayRolloutView);
        }
        else if (rollouts.Length == 0)
        {
            context.Terminal.Error.Line("No pool has been rolled out yet. Apply a spec with 'nexus apply FILE'.");
        }
        else
        {
            context.Terminal.Out.Write(RolloutTables.Rollouts(rollouts, context.Time.GetUtcNow()));
        }
    }
}
