using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Core.State;

namespace Nexus.Cli.Commands;

/// <summary>Follows all allocations of a pool, also those that come later, until interrupted.</summary>
internal sealed class PoolFollow(CommandContext context, NexusApiClient client, string pool, LogLines output)
{
    /// <summary>Between two looks for new allocations.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How far back to begin with an allocation that came later: practically at its start.</summary>
    private const int NewcomerTail = 1000;

    private readonly Dictionary<string, Followed> _followed = new(StringComparer.Ordinal);

    public async Task<ExitCode> RunAsync(ImmutableArray<AllocationView> first, int tail, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            if (first.IsEmpty)
            {
                output.Note($"Pool {pool} has no allocations now; waiting for one.");
            }

            Follow(first, tail, ending.Token);
            while (true)
            {
                await Task.Delay(Interval, context.Time, cancellationToken);
                await Task.WhenAll(_followed.Values.Select(f => f.Task).Where(t => t.IsFaulted)); // nowhere to write any more: give up
                if (await LookAsync(cancellationToken) is { } now)
                {
                    Follow(now, NewcomerTail, ending.Token);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await ((Task)Task.WhenAll(_followed.Values.Select(f => f.Task))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Follow(ImmutableArray<AllocationView> allocations, int newcomerTail, CancellationToken cancellationToken)
    {
        foreach (var allocation in allocations.Where(a => a.Phase is not null))
        {
            var known = _followed.GetValueOrDefault(allocation.Id);
            var broke = known is { Task: { IsCompletedSuccessfully: true, Result: false } };
            var restarted = known is { Task.IsCompletedSuccessfully: true } && allocation.Restarts > known.Restarts;
            if (known is null || ((broke || restarted) && allocation.Desired == DesiredStatus.Run))
            {
                var tail = known is null ? newcomerTail : restarted ? NewcomerTail : 0;
                _followed[allocation.Id] = new Followed(FollowAsync(allocation.Id, tail, cancellationToken), allocation.Restarts);
            }
        }
    }

    /// <summary>Follows one allocation; false when the connection broke and another try may do.</summary>
    private async Task<bool> FollowAsync(string allocation, int tail, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in client.LogsAsync(allocation, tail, follow: true, cancellationToken))
            {
                output.Write(allocation, line, prefixed: true);
            }

            output.Note($"{allocation}: its output ended.");
            return true;
        }
        catch (NexusApiException broken)
        {
            output.Note($"warning: {allocation}: {broken.Message}");
            return !broken.IsTransient;
        }
    }

    private async Task<ImmutableArray<AllocationView>?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await client.AllocationsAsync(cancellationToken);
            return [.. all.Where(a => a.Pool == pool)];
        }
        catch (NexusApiException broken) when (broken.IsTransient)
        {
            output.Note($"warning: {broken.Message} Trying again.");
            return null;
        }
    }

    /// <summary>An allocation that is, or was, followed.</summary>
    /// <param name="Task">False when its connection broke.</param>
    /// <param name="Restarts">How often it had been restarted by then.</param>
    private sealed record Followed(Task<bool> Task, int Restarts);
}
