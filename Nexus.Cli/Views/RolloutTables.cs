using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Nexus.Core.Spec;
using Spectre.Console.Rendering;

namespace Nexus.Cli.Views;

/// <summary>Rollouts, their history and plans as tables.</summary>
internal static class RolloutTables
{
    public static IRenderable Rollouts(IEnumerable<RolloutView> rollouts, DateTimeOffset now)
    {
        var table = new ColumnTable(
            "POOL", "ROLLOUT", "PHASE", "STRATEGY", "TARGET", "STABLE", "AVAILABLE", "UPDATED", "OLD", "STEP", "WEIGHT", "STARTED", "DEADLINE", "REASON");
        foreach (var rollout in rollouts)
        {
            table.Row(
                rollout.Pool, $"{rollout.Number}", RolloutWords.Phase(rollout.Phase), Strategy(rollout.Strategy), rollout.Target,
                rollout.Stable ?? "none yet", $"{rollout.Available}/{rollout.Desired}", $"{rollout.Updated}", $"{rollout.Old}",
                rollout.Step ?? "-", rollout.Weight is { } percent ? $"{percent} %" : "-", HumanUnits.Ago(rollout.StartedAt, now),
                rollout.Deadline is { } deadline && deadline > now ? $"in {HumanUnits.Span(deadline - now)}" : "-", rollout.Reason);
        }

        return table;
    }

    /// <summary>The present rollout, then those before it.</summary>
    public static IRenderable History(RolloutView rollout, DateTimeOffset now)
    {
        var table = new ColumnTable("ROLLOUT", "REVISION", "SPEC", "APPLIED-BY", "IMAGE", "STARTED", "TOOK", "OUTCOME", "REASON");
        if (rollout.History.All(h => h.Number != rollout.Number))
        {
            table.Row(
                $"{rollout.Number}", rollout.Target, rollout.SpecRevision is { } spec ? $"{spec}" : "-", rollout.AppliedBy ?? "-", Image(rollout.Image), HumanUnits.Ago(rollout.StartedAt, now), "-",
                RolloutWords.Phase(rollout.Phase), Reason(rollout.ManualRollbackBy, rollout.Reason));
        }

        foreach (var entry in rollout.History)
        {
            table.Row(
                $"{entry.Number}", entry.Revision, $"{entry.SpecRevision}", entry.AppliedBy ?? "-", Image(entry.Image), HumanUnits.Ago(entry.StartedAt, now),
                HumanUnits.Span(entry.EndedAt - entry.StartedAt), RolloutWords.Outcome(entry), Reason(entry.ManualRollbackBy, entry.Reason));
        }

        return table;
    }

    public static IRenderable Plan(ImmutableArray<PlanPoolView> pools)
    {
        var table = new ColumnTable("POOL", "CHANGE", "START", "STOP", "MOVE", "REPLICAS", "LEAST-SERVING");
        foreach (var pool in pools)
        {
            table.Row(
                pool.Pool, Change(pool.What), $"{pool.Start}", $"{pool.Stop}", $"{pool.Move}", $"{pool.Desired}", $"{pool.LeastAvailable}");
        }

        return table;
    }

    private static Piece Change(string what) => new(what, what switch
    {
        "new" => Palette.Good,
        "removed" => Palette.Bad,
        _ => Palette.Changing,
    });

    private static string Strategy(RolloutStrategy strategy) => strategy switch
    {
        RolloutStrategy.Canary => "canary",
        RolloutStrategy.BlueGreen => "blue_green",
        _ => "rolling",
    };

    private static string Reason(string? manualRollbackBy, string reason) =>
        manualRollbackBy is null ? reason : $"manual rollback by {manualRollbackBy}; {reason}";

    private static string Image(string image) => image.Length > 0 ? image : "(process)";
}
