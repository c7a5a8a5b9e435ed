using Nexus.Api.V1;

namespace Nexus.Cli.Drills.Faults;

/// <summary>Nothing at all: what the load itself costs and whether it fails by itself.</summary>
internal sealed class SteadyFault : IFault
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public string Name => "steady";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => null;

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        await stage.Watch.DelayAsync(Length, cancellationToken);
        return new FaultMarks { Note = "no fault" };
    }
}

/// <summary>SIGKILL to a replica's main process.</summary>
internal sealed class KillFault : IFault
{
    public string Name => "kill";

    public FaultPromise Promise => FaultPromise.SafeOnly;

    public string? Obstacle(DrillStage stage) => ReplicaTarget.Obstacle(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var target = await ReplicaTarget.ChooseAsync(stage, cancellationToken);
        var mark = stage.Watch.Now();
        await stage.Cluster.DrillAsync(target.Agent, target.Victim.Id, DrillFault.Kill, cancellationToken);
        var ejected = await stage.Watch.UntilOutAsync(mark, target.Victim, target.Attempt, cancellationToken);
        var full = await stage.Watch.UntilServingAsync(mark, stage.Desired, cancellationToken);
        return new FaultMarks { Ejected = ejected, Full = full };
    }
}

/// <summary>SIGSTOP to a replica's main process: it accepts connections and answers none.</summary>
internal sealed class HangFault : IFault
{
    public string Name => "hang";

    public FaultPromise Promise => FaultPromise.Few;

    public string? Obstacle(DrillStage stage) => ReplicaTarget.Obstacle(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var target = await ReplicaTarget.ChooseAsync(stage, cancellationToken);
        stage.Undo.Add($"resume {target.Victim.Id}", token => ResumeAsync(stage, target, token));
        var mark = stage.Watch.Now();
        await stage.Cluster.DrillAsync(target.Agent, target.Victim.Id, DrillFault.Hang, cancellationToken);
        var ejected = await stage.Watch.UntilOutAsync(mark, target.Victim, target.Attempt, cancellationToken);
        var full = await stage.Watch.UntilServingAsync(mark, stage.Desired, cancellationToken);
        return new FaultMarks { Ejected = ejected, Full = full };
    }

    private static async Task ResumeAsync(DrillStage stage, ReplicaTarget target, CancellationToken cancellationToken)
    {
        try
        {
            await stage.Cluster.DrillAsync(target.Agent, target.Victim.Id, DrillFault.Resume, cancellationToken);
        }
        catch (NexusApiException gone) when (!gone.IsTransient)
        {
            // Killed and replaced meanwhile, as it should be.
        }
    }
}

/// <summary>The same replica killed again as soon as it serves: restarts back off, or it moves.</summary>
internal sealed class CrashLoopFault : IFault
{
    private const int Crashes = 3;

    public string Name => "crash-loop";

    public FaultPromise Promise => FaultPromise.SafeOnly;

    public string? Obstacle(DrillStage stage) => ReplicaTarget.Obstacle(stage);

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var target = await ReplicaTarget.ChooseAsync(stage, cancellationToken);
        var first = stage.Watch.Now();
        TimeSpan ejected = default;
        TimeSpan full = default;
        for (var crash = 1; crash <= Crashes; crash++)
        {
            var attempt = await stage.Watch.AttemptAsync(target.Victim.Id, cancellationToken);
            var mark = stage.Watch.Now();
            try
            {
                await stage.Cluster.DrillAsync(target.Agent, target.Victim.Id, DrillFault.Kill, cancellationToken);
            }
            catch (NexusApiException moved) when (!moved.IsTransient && crash > 1)
            {
                return new FaultMarks { Ejected = ejected, Full = full, Note = $"moved after crash {crash - 1}" };
            }

            ejected = await stage.Watch.UntilOutAsync(mark, target.Victim, attempt, cancellationToken);
            full = await stage.Watch.UntilServingAsync(first, stage.Desired, cancellationToken);
        }

        return new FaultMarks { Ejected = ejected, Full = full, Note = $"{Crashes} crashes" };
    }
}

/// <summary>A replica to hurt.</summary>
/// <param name="Victim">It.</param>
/// <param name="Agent">Its agent's API.</param>
/// <param name="Attempt">Which try of it the gateways know.</param>
internal sealed record ReplicaTarget(AllocationView Victim, Uri Agent, int Attempt)
{
    public static string? Obstacle(DrillStage stage) => stage.Victims switch
    {
        [] => $"no replica of {stage.Settings.Pool} is healthy",
        _ when stage.Desired < 2 => $"{stage.Settings.Pool} has one replica; nothing can stand in for it",
        var victims when victims.All(v => AgentOf(stage, v) is null) => "no node says where its agent's API is",
        _ => null,
    };

    public static async Task<ReplicaTarget> ChooseAsync(DrillStage stage, CancellationToken cancellationToken)
    {
        var victim = stage.Victims.First(v => AgentOf(stage, v) is not null);
        return new ReplicaTarget(victim, AgentOf(stage, victim)!, await stage.Watch.AttemptAsync(victim.Id, cancellationToken));
    }

    private static Uri? AgentOf(DrillStage stage, AllocationView victim) =>
        Uri.TryCreate(stage.Before.Nodes.FirstOrDefault(n => n.Name == victim.Node)?.ApiAddress, UriKind.Absolute, out var agent) ? agent : null;
}
