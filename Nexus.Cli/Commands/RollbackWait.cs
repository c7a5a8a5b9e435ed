using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Commands;

/// <summary>Waits until a pool that was asked to go back has done so, reporting how far it is.</summary>
internal sealed class RollbackWait(CommandContext context, NexusApiClient client)
{
    /// <summary>Between two looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // The leader follows a wish within moments, or refuses it for what has changed since it was written down.
    private static readonly TimeSpan FollowLimit = TimeSpan.FromSeconds(15);

    /// <summary>Returns when it is back.</summary>
    /// <param name="before">The rollout as it stood when it was asked for: the way back is the next one.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ExitCode> RunAsync(RolloutView before, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        RolloutView? back = null;
        var said = "";
        while (true)
        {
            var now = await LookAsync(before.Pool, cancellationToken);
            var waited = context.Time.GetElapsedTime(started);
            if (now is not null && now.Number > before.Number)
            {
                back ??= now;
                if (IsOver(back, now))
                {
                    Say($"{now.Pool}: revision {now.Target} serves after {HumanUnits.Span(waited)}");
                    return ExitCode.Ok;
                }

                if (RolloutWords.Progress(now) is var progress && progress != said)
                {
                    said = progress;
                    Say($"{now.Pool}: {progress}");
                }
            }
            else if (now is not null && waited >= FollowLimit && RolloutWords.IsEnd(now.Phase))
            {
                throw new CommandFailedException(
                    ExitCode.Failure,
                    $"{now.Pool}: it was not followed, it is {RolloutWords.Progress(now)}; 'nexus events --pool {now.Pool}' says why");
            }

            var left = timeout - waited;
            if (left <= TimeSpan.Zero)
            {
                Warn($"{before.Pool}: timed out: not back after {HumanUnits.Span(timeout)}; the cluster goes on with it");
                return ExitCode.TimedOut;
            }

            await Task.Delay(left < Interval ? left : Interval, context.Time, cancellationToken);
        }
    }

    private static bool IsOver(RolloutView back, RolloutView now)
    {
        if (now.Number != back.Number)
        {
            throw new CommandFailedException(ExitCode.Failure, $"{now.Pool}: another rollout took its place: {RolloutWords.Progress(now)}");
        }

        if (RolloutWords.IsBadEnd(now.Phase))
        {
            throw new CommandFailedException(ExitCode.Failure, $"{now.Pool}: {RolloutWords.Progress(now)}");
        }

        return now is { Phase: RolloutPhase.Stable, Old: 0 };
    }

    private async Task<RolloutView?> LookAsync(string pool, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetRolloutAsync(pool, cancellationToken);
        }
        catch (NexusApiException away) when (away.IsTransient)
        {
            Warn($"{away.Message} Still waiting.");
            return null;
        }
    }

    private void Say(string line) => context.Progress.Line(ConsoleLines.Harmless(line));

    private void Warn(string line) => context.Terminal.Error.Line(ConsoleLines.Harmless(line));
}
