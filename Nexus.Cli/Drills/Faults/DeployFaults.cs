using Nexus.Api.V1;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Cli.Drills.Faults;

/// <summary>A new revision that works.</summary>
internal sealed class DeployFault(
    string name, Func<DrillStage, SpecEdit, SpecEdit>? change = null, Func<DrillStage, string?>? obstacle = null) : IFault
{
    /// <summary>It differs by a variable.</summary>
    public static DeployFault Plain { get; } = new("deploy");

    /// <summary>It starts to listen seconds after its start, and is checked as a pool without <c>health</c> is.</summary>
    public static DeployFault ListensLate { get; } = new(
        "listens-late",
        (stage, edit) => edit.DefaultCheck().Variable(stage.Settings.LateVariable!),
        stage => stage.Settings.LateVariable is null ? "say how the app is made to listen late, with --listens-late-env NAME=VALUE" : null);

    public string Name => name;

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => obstacle?.Invoke(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var edit = stage.Edit().Variable("DRILL_RUN", $"{name} {run}");
        var mark = stage.Watch.Now();
        var applied = await stage.ApplyAsync(change?.Invoke(stage, edit) ?? edit, $"drill: {name} {run}", cancellationToken);
        var full = await stage.Watch.UntilAsync(
            mark, "every replica is of the new revision", (status, pool, rollout) => IsDone(status, pool, rollout, applied.Revision), cancellationToken);
        return new FaultMarks { Full = full };
    }

    private static bool IsDone(StatusView status, PoolView pool, RolloutView? rollout, long revision)
    {
        if (rollout is not null && RolloutWords.IsBadEnd(rollout.Phase) && rollout.Target == pool.Revision)
        {
            throw new DrillFailedException($"a deploy that works was rolled back: {rollout.Reason}");
        }

        return status.SpecRevision >= revision && PoolState.IsSettled(pool)
            && (rollout is null || (rollout.Phase == RolloutPhase.Stable && rollout.Target == pool.Revision))
            && status.Allocations.All(a => a.Pool != pool.Name || a.Revision == pool.Revision || a.Phase == AllocationPhase.Stopped);
    }
}

/// <summary>A new revision that does not work: the old one must go on serving, and be gone back to.</summary>
internal sealed class BrokenDeployFault(
    string name, string remedy, Func<DrillStage, SpecEdit, SpecEdit> breakIt, Func<DrillStage, string?>? obstacle = null) : IFault
{
    /// <summary>It exits at its start.</summary>
    public static BrokenDeployFault Exits { get; } = new("broken-exit", "--exit-env NAME=VALUE", (stage, edit) => stage.Settings.ExitVariable is { } variable
        ? edit.Variable(variable)
        : edit.Command("/bin/sh", "-c", "exit 3"));

    /// <summary>It runs and never gets healthy.</summary>
    public static BrokenDeployFault NeverHealthy { get; } = new("broken-unhealthy", "--unhealthy-env NAME=VALUE", (stage, edit) => stage.Settings.UnhealthyVariable is { } variable
        ? edit.Variable(variable)
        : edit.Command("/bin/sh", "-c", "while :; do sleep 1; done"));

    /// <summary>It runs and never listens, and is checked as a pool without <c>health</c> is.</summary>
    public static BrokenDeployFault NeverListens { get; } = new("never-listens", "--never-listens-env NAME=VALUE", (stage, edit) => stage.Settings.SilentVariable is { } variable
        ? edit.DefaultCheck().Variable(variable)
        : edit.DefaultCheck().Command("/bin/sh", "-c", "while :; do sleep 1; done"));

    /// <summary>There is no such image.</summary>
    public static BrokenDeployFault NoImage { get; } = new(
        "broken-image", "another image", (_, edit) => edit.Set("image", "nexus-drill.invalid/no-such-image:0"),
        stage => stage.Before.Nodes.All(n => n.Runtime == RuntimeKind.Process) ? "the pools run as processes, without images" : null);

    public string Name => name;

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => obstacle?.Invoke(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var edit = breakIt(stage, stage.Edit().Variable("DRILL_RUN", $"{name} {run}"));
        var mark = stage.Watch.Now();
        var applied = await stage.ApplyAsync(edit, $"drill: {name} {run}", cancellationToken);
        var reason = "";
        var decided = await stage.Watch.UntilAsync(
            mark, "the broken revision is given up", (status, pool, rollout) =>
            {
                reason = rollout?.Reason ?? "";
                if (status.SpecRevision >= applied.Revision && rollout is { Phase: RolloutPhase.Stable } && rollout.Target == pool.Revision)
                {
                    throw new FaultImpossibleException($"the app works all the same (an image's ENTRYPOINT is kept, and may ignore its command): break it with {remedy}");
                }

                return status.SpecRevision >= applied.Revision && rollout is not null && Asked(rollout) == pool.Revision
                    && rollout.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack or RolloutPhase.Failed;
            },
            cancellationToken);
        await stage.Watch.UntilAsync(
            mark, "the stable revision serves alone again", (_, _, rollout) => rollout is not null && RolloutWords.IsBadEnd(rollout.Phase), cancellationToken);
        var full = await stage.Watch.UntilServingAsync(mark, stage.Desired, cancellationToken);
        return new FaultMarks { Decided = decided, Full = full, Note = reason };
    }

    private static string Asked(RolloutView rollout) => rollout.Requested ?? rollout.Target;
}
