using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.Rollouts;

namespace Nexus.Cli.Views;

/// <summary>What a rollout's state is called, and whether it is an end.</summary>
internal static class RolloutWords
{
    public static Piece Phase(RolloutPhase phase) => phase switch
    {
        RolloutPhase.Stable => new Piece("stable", Palette.Good),
        RolloutPhase.Progressing => new Piece("progressing", Palette.Changing),
        RolloutPhase.Paused => new Piece("paused", Palette.Changing),
        RolloutPhase.Switched => new Piece("switched", Palette.Changing),
        RolloutPhase.RollingBack => new Piece("rolling back", Palette.Bad),
        RolloutPhase.RolledBack => new Piece("rolled back", Palette.Bad),
        _ => new Piece("failed", Palette.Bad),
    };

    /// <summary>How a rollout ended.</summary>
    public static Piece Outcome(RolloutHistoryView entry) => entry.Reason.StartsWith(RolloutHistoryEntry.Superseded, StringComparison.Ordinal)
        ? new Piece("superseded", Palette.Changing)
        : Phase(entry.Outcome);

    /// <summary>Whether nothing more happens by itself.</summary>
    public static bool IsEnd(RolloutPhase phase) => phase is RolloutPhase.Stable || IsBadEnd(phase);

    /// <summary>Whether it ended without its target in place.</summary>
    public static bool IsBadEnd(RolloutPhase phase) => phase is RolloutPhase.RolledBack or RolloutPhase.Failed;

    /// <summary>How far it is, in one line.</summary>
    public static string Progress(RolloutView rollout)
    {
        var step = rollout.Step is null ? "" : $", step {rollout.Step}";
        var weight = rollout.Weight is { } percent ? $", {percent} % of requests" : "";
        var reason = rollout.Reason.Length > 0 ? $": {rollout.Reason}" : "";
        return $"{Phase(rollout.Phase).Text}, {rollout.Available}/{rollout.Desired} available of {rollout.Target}, "
            + $"{rollout.Old} old{step}{weight}{reason}";
    }
}
