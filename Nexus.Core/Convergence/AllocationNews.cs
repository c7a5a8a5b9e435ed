using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Convergence;

/// <summary>What an allocation is to someone who sends it requests.</summary>
public enum Standing
{
    /// <summary>Nothing of it can take a request.</summary>
    Away,

    /// <summary>It serves.</summary>
    Serving,

    /// <summary>It runs and its checks fail.</summary>
    Unhealthy,

    /// <summary>It finishes what it has and shall get nothing new.</summary>
    Draining,
}

/// <summary>How one try of an allocation stands from now on.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Attempt">Which try of it.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="Port">Its port on the node; null when it serves none.</param>
public readonly record struct AllocationNews(
    AllocationId Allocation, PoolName Pool, PoolRevision Revision, int Attempt, Standing Standing, int? Port)
{
    /// <summary>How what is remembered stands.</summary>
    public static AllocationNews Of(AllocationMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return new(memory.Id, memory.Pool, memory.Revision, memory.Attempt, StandingOf(memory), memory.Port);
    }

    /// <summary>What is worth telling of a change: at most the end of one try and the beginning of the next.</summary>
    /// <param name="before">What was remembered; null for nothing.</param>
    /// <param name="after">What is remembered now; null for nothing.</param>
    public static IEnumerable<AllocationNews> Between(AllocationMemory? before, AllocationMemory? after)
    {
        AllocationNews? was = before is null ? null : Of(before);
        AllocationNews? @is = after is null ? null : Of(after);
        var succeeded = was is { } old && (@is is null || @is.Value.Attempt != old.Attempt || @is.Value.Port != old.Port);
        if (was is { Standing: not Standing.Away } ended && (succeeded || @is is { Standing: Standing.Away }))
        {
            yield return ended with { Standing = Standing.Away };
        }

        if (@is is { Standing: not Standing.Away } news && (succeeded || was is null || was.Value.Standing != news.Standing))
        {
            yield return news;
        }
    }

    private static Standing StandingOf(AllocationMemory memory) => memory switch
    {
        { Workload: null } or { ExitHeard: true } => Standing.Away,
        { Phase: AllocationPhase.Running, UnhealthySince: null } => Standing.Serving,
        { Phase: AllocationPhase.Running } => Standing.Unhealthy,
        { Phase: AllocationPhase.Draining } => Standing.Draining,
        _ => Standing.Away,
    };
}
