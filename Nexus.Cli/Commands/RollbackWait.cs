using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Commands;

/// <summary>Waits until a pool that was asked to go back has done so, saying on standard error how far it is.</summary>
internal sealed class RollbackWait(CommandContext context, NexusApiClient client)
{
    /// <summary>Between two looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Returns when it is back.</summary>
    /// <param name="before">The rollout as it stood when it was asked for: what ends afterwards is its answer, or a rollout of its own.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ExitCode> RunAsync(RolloutView before, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        var moved = false;
        var said = "";
        while (true)
        {
            var now = await LookAsync(before.Pool, cancellationToken);
            moved |= now is not null && (now.Number != before.Number || now.Phase != before.Phase);
            if (now is not null && moved && RolloutWords.IsEnd(now.Phase) && now.Old == 0)
            {
                return End(before, now, context.Time.GetElapsedTime(started));
            }

            if (now is not null && moved && RolloutWords.Progress(now) is var progress && progress != said)
            {
                said = progress;
                Say($"{now.Pool}: {progress}");
            }

            var left = timeout - context.Time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                Say($"{before.Pool}: timed out: not back after {HumanUnits.Span(timeout)}; the cluster goes on with it");
                return ExitCode.TimedOut;
            }

            await Task.Delay(left < Interval ? left : Interval, context.Time, cancellationToken);
        }
    }

    private ExitCode End(RolloutView before, RolloutView now, TimeSpan waited)
    {
        // One that was under way ends as rolled back; else the way back is a rollout of its own, and has to end well.
        if (RolloutWords.IsBadEnd(now.Phase) && (now.Number != before.Number || now.Phase != RolloutPhase.RolledBack))
        {
            throw new CommandFailedException(ExitCode.Failure, $"{now.Pool}: {RolloutWords.Progress(now)}");
        }

        Say($"{now.Pool}: revision {(now.Phase == RolloutPhase.Stable ? now.Target : now.Stable)} serves after {HumanUnits.Span(waited)}");
        return ExitCode.Ok;
    }

    private async Task<RolloutView?> LookAsync(string pool, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetRolloutAsync(pool, cancellationToken);
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            Say($"{away.Message} Still waiting.");
            return null;
        }
    }

    private void Say(string line) => context.Terminal.Error.Line(ConsoleLines.Harmless(line));
}
