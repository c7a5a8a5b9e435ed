using Nexus.Cli.Views;
using Nexus.Core.State;

namespace Nexus.Cli.Drills.Faults;

/// <summary>More replicas, then as many as before.</summary>
internal sealed class ScaleFault : IFault
{
    public string Name => "scale";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => null;

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var before = stage.Desired;
        var more = stage.Settings.ScaleTo ?? before * 2;
        var mark = stage.Watch.Now();
        await stage.ApplyAsync(stage.Edit().Replicas(more), $"drill: scale to {more}", cancellationToken);
        await stage.Watch.UntilAsync(
            mark, $"{more} replicas are healthy", (_, pool, _) => pool.Blocked is { } why
                ? throw new DrillFailedException($"there is no room for {more} replicas: {why}")
                : pool.Desired == more && pool.Healthy >= more,
            cancellationToken);
        var full = await stage.Watch.UntilServingAsync(mark, more, cancellationToken);
        var down = stage.Watch.Now();
        await stage.ApplyAsync(stage.Edit().Replicas(before), $"drill: scale to {before}", cancellationToken);
        var back = await stage.Watch.UntilAsync(
            down, $"{before} replicas are left", (status, pool, _) => pool.Desired == before && PoolState.IsSettled(pool)
                && status.Allocations.Count(a => a.Pool == pool.Name && a.Phase is not AllocationPhase.Stopped) == before,
            cancellationToken);
        return new FaultMarks { Full = full, Note = $"{before} to {more}, and back in {HumanUnits.Seconds(back)}" };
    }
}

/// <summary>A node emptied, and put back to use.</summary>
internal sealed class DrainFault : IFault
{
    public string Name => "drain";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => stage.Before.Nodes.Count(n => n.Status == NodeStatus.Ready) < 2
        ? "there is one node; its replicas could go nowhere"
        : Node(stage) is null ? $"no node runs a replica of {stage.Settings.Pool}" : null;

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var node = Node(stage)!;
        stage.Undo.Add($"put {node} back to use", token => stage.Cluster.SetEligibilityAsync(node, draining: false, token));
        var mark = stage.Watch.Now();
        await stage.Cluster.SetEligibilityAsync(node, draining: true, cancellationToken);
        while (await stage.Cluster.NodeDrainAsync(node, cancellationToken) is var drain && drain.Left > 0)
        {
            if (stage.Watch.Since(mark) > stage.Settings.RecoveryLimit)
            {
                throw new DrillFailedException($"{node} is not empty: {drain.Left} left; {drain.Blocked ?? "nothing is said to block it"}");
            }

            await stage.Watch.DelayAsync(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        var empty = stage.Watch.Since(mark);
        await stage.Cluster.SetEligibilityAsync(node, draining: false, cancellationToken);
        return new FaultMarks { Full = empty, Note = $"{node} was empty then" };
    }

    /// <summary>The node with most replicas of the pool.</summary>
    private static string? Node(DrillStage stage) => stage.Victims.GroupBy(v => v.Node, StringComparer.Ordinal)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).FirstOrDefault()?.Key;
}
