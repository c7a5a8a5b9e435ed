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

    private readonly Dictionary<string, Task<bool>> _followed = new(StringComparer.Ordinal);

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
                await Task.WhenAll(_followed.Values.Where(t => t.IsFaulted)); // nowhere to write any more: give up
                if (await LookAsync(cancellationToken) is { } now)
                {
                    Follow(now, NewcomerTail, ending.Token);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await ((Task)Task.WhenAll(_followed.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Follow(ImmutableArray<AllocationView> allocations, int newcomerTail, CancellationToken cancellationToken)
    {
        foreach (var allocation in allocations.Where(a => a.Phase is not null))
        {
            var known = _followed.TryGetValue(allocation.Id, out var task);
            var broke = task is { IsCompletedSuccessfully: true, Result: false };
            if (!known || (broke && allocation.Desired == DesiredStatus.Run))
            {
                _followed[allocation.Id] = FollowAsync(allocation.Id, known ? 0 : newcomerTail, cancellationToken);
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
}
