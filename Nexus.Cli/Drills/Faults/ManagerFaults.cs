using Nexus.Api.V1;
using Nexus.Cli.Drills.Sight;

namespace Nexus.Cli.Drills.Faults;

/// <summary>Finds managers to hurt, and waits for who leads after them.</summary>
internal static class ManagerTarget
{
    public static PeerView? Leader(DrillStage stage) => stage.Before.Managers.FirstOrDefault(m => m.Name == stage.Before.Leader?.Manager);

    public static string? LeaderObstacle(DrillStage stage)
    {
        if (stage.Before.Managers.Count(m => m.Healthy) < 2)
        {
            return "there is one manager; managers-kill shows what happens without any";
        }

        if (Leader(stage) is not { } leader)
        {
            return "the leader is not among the managers that the status lists";
        }

        stage.Services.Find(leader, out var obstacle);
        return obstacle;
    }

    public static int Port(PeerView manager) => new Uri(manager.Address).Port;

    /// <summary>Until another leadership than the one before the fault is seen.</summary>
    public static async Task<(TimeSpan After, LeaderView Leader)> UntilNewLeaderAsync(DrillStage stage, long mark, CancellationToken cancellationToken)
    {
        LeaderView? now = null;
        var after = await stage.Watch.UntilAsync(
            mark, "another manager leads",
            (status, _, _) => (now = status.Leader) is { } leader && status.Warning is null && leader.Epoch != stage.Before.Leader?.Epoch,
            cancellationToken);
        return (after, now!);
    }
}

/// <summary>SIGKILL to the manager that leads.</summary>
internal sealed class LeaderKillFault : IFault
{
    public string Name => "leader-kill";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => ManagerTarget.LeaderObstacle(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var leader = ManagerTarget.Leader(stage)!;
        var process = stage.Services.Find(leader, out _)!;
        var port = ManagerTarget.Port(leader);
        stage.Undo.Add($"start {leader.Name} (process {process.Pid}) again", token => stage.Services.ReviveAsync(process, port, token));
        var mark = stage.Watch.Now();
        Signals.Send(process, Signals.Kill);
        var (after, next) = await ManagerTarget.UntilNewLeaderAsync(stage, mark, cancellationToken);
        await stage.Services.ReviveAsync(process, port, cancellationToken);
        return new FaultMarks { Decided = after, Note = $"{leader.Name}, then {next.Manager}" };
    }
}

/// <summary>SIGSTOP to the manager that leads, and SIGCONT once another has taken over: what the woken one writes must be refused.</summary>
internal sealed class LeaderStopFault : IFault
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(3);

    public string Name => "leader-stop";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => ManagerTarget.LeaderObstacle(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var leader = ManagerTarget.Leader(stage)!;
        var process = stage.Services.Find(leader, out _)!;
        stage.Undo.Add($"continue {leader.Name} (process {process.Pid})", _ =>
        {
            Signals.Send(process, Signals.Continue);
            return Task.CompletedTask;
        });
        var mark = stage.Watch.Now();
        Signals.Send(process, Signals.Stop);
        var (after, next) = await ManagerTarget.UntilNewLeaderAsync(stage, mark, cancellationToken);
        if (Length - stage.Watch.Since(mark) is var left && left > TimeSpan.Zero)
        {
            await stage.Watch.DelayAsync(left, cancellationToken);
        }

        Signals.Send(process, Signals.Continue);
        await stage.Watch.DelayAsync(Afterwards, cancellationToken);
        var status = await stage.Cluster.StatusAsync(cancellationToken);
        return status.Leader?.Epoch < next.Epoch
            ? throw new DrillFailedException($"{leader.Name} woke up and leads again by its old epoch {status.Leader.Epoch}")
            : new FaultMarks { Decided = after, Note = $"{leader.Name}, then {next.Manager}, epoch {stage.Before.Leader!.Epoch} to {next.Epoch}" };
    }
}

/// <summary>SIGKILL to all managers for a while; a replica that is killed meanwhile must come back without them.</summary>
internal sealed class ManagersKillFault : IFault
{
    public string Name => "managers-kill";

    public FaultPromise Promise => FaultPromise.SafeOnly;

    public string? Obstacle(DrillStage stage)
    {
        foreach (var manager in stage.Before.Managers.Where(m => m.Healthy))
        {
            stage.Services.Find(manager, out var obstacle);
            if (obstacle is not null)
            {
                return obstacle;
            }
        }

        return stage.Before.Managers.Length == 0 ? "the status lists no managers" : null;
    }

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var managers = stage.Before.Managers.Where(m => m.Healthy)
            .Select(m => (Port: ManagerTarget.Port(m), Process: stage.Services.Find(m, out _)!)).ToList();
        foreach (var (port, process) in managers)
        {
            stage.Undo.Add($"start {process.Name} (process {process.Pid}) again", token => stage.Services.ReviveAsync(process, port, token));
        }

        var mark = stage.Watch.Now();
        managers.ForEach(m => Signals.Send(m.Process, Signals.Kill));
        var marks = await Outage.CrashMeanwhileAsync(stage, cancellationToken);
        await Outage.LastAsync(stage, mark, cancellationToken);
        foreach (var (port, process) in managers)
        {
            await stage.Services.ReviveAsync(process, port, cancellationToken);
        }

        return marks with { Note = $"{managers.Count} managers away for {stage.Settings.Outage.TotalSeconds:0} s; {marks.Note}" };
    }
}

/// <summary>What happens while a part of the control plane is away.</summary>
internal static class Outage
{
    /// <summary>Kills a replica and waits for it to serve again; does neither where only the managers could tell.</summary>
    public static async Task<FaultMarks> CrashMeanwhileAsync(DrillStage stage, CancellationToken cancellationToken)
    {
        if (!stage.Watch.SeesRoutes || ReplicaTarget.Obstacle(stage) is not null)
        {
            return new FaultMarks { Note = "no replica was killed meanwhile, since nothing else shows what became of it" };
        }

        var target = await ReplicaTarget.ChooseAsync(stage, cancellationToken);
        var mark = stage.Watch.Now();
        await stage.Cluster.DrillAsync(target.Agent, target.Victim.Id, DrillFault.Kill, cancellationToken);
        var ejected = await stage.Watch.UntilOutAsync(mark, target.Victim, target.Attempt, cancellationToken);
        var full = await stage.Watch.UntilServingAsync(mark, stage.Desired, cancellationToken);
        return new FaultMarks { Ejected = ejected, Full = full, Note = $"{target.Victim.Id} was killed meanwhile" };
    }

    /// <summary>Waits until the outage has lasted as long as it shall.</summary>
    public static Task LastAsync(DrillStage stage, long mark, CancellationToken cancellationToken) =>
        stage.Settings.Outage - stage.Watch.Since(mark) is var left && left > TimeSpan.Zero
            ? stage.Watch.DelayAsync(left, cancellationToken)
            : Task.CompletedTask;
}
