using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Views;

/// <summary>Whether a pool is as the spec wants it.</summary>
internal static class PoolState
{
    /// <summary>As many as wanted run, all of them healthy and of the present revision, none too many.</summary>
    public static bool IsSettled(PoolView pool) =>
        pool.Blocked is null && pool.Running == pool.Desired && pool.Healthy == pool.Desired && pool.UpToDate == pool.Desired;

    /// <summary>The state in one word, with its colour.</summary>
    public static Piece Word(PoolView pool) => pool switch
    {
        { Blocked: not null } => new Piece("blocked", Palette.Bad),
        { Rollout: { } phase } when phase is not RolloutPhase.Progressing => RolloutWords.Phase(phase),
        { Rollout: null, RolloutReason: not null } => new Piece("other revision", Palette.Bad),
        _ when IsSettled(pool) && pool.Trouble is not null => new Piece("degraded", Palette.Bad),
        _ when IsSettled(pool) => new Piece("ready", Palette.Good),
        _ => new Piece("changing", Palette.Changing),
    };

    /// <summary>Why it is not as the spec wants it; empty when it is, or is on its way.</summary>
    public static string Note(PoolView pool)
    {
        var reason = pool.Blocked ?? (pool.Rollout is RolloutPhase.Progressing ? "" : pool.RolloutReason ?? "");
        return pool.ServingRevision is null
            ? string.Join("; ", new[] { reason, pool.Trouble ?? "" }.Where(part => part.Length > 0))
            : $"the spec's revision {pool.Revision}{(pool.Image.Length > 0 ? $" ({pool.Image})" : "")} does not run{(reason.Length > 0 ? $": {reason}" : "")}";
    }

    /// <summary>How far it is, in words.</summary>
    public static string Progress(PoolView pool)
    {
        var text = $"{pool.Healthy}/{pool.Desired} healthy, {pool.UpToDate}/{pool.Desired} up to date";
        return pool.Blocked is null ? text : $"{text}; {pool.Blocked}";
    }
}
