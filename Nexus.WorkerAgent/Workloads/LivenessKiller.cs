using Nexus.Core.Convergence;
using Nexus.Runtime;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>
/// Ends a replica that runs but does not serve, without grace: what hangs does not hear SIGTERM. Its end is then answered
/// like a crash, so its successor starts before anything of it is removed.
/// </summary>
internal sealed class LivenessKiller(
    RuntimeConnection runtime, AllocationBook book, ReplicaProbe probe, KillerInputs inputs)
{
    private static readonly TimeSpan HoldPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DeathPatience = TimeSpan.FromMilliseconds(300);

    /// <summary>Asks once more, looks at the rest of the pool, kills or holds back.</summary>
    public async Task KillAsync(KillUnhealthy action, CancellationToken cancellationToken)
    {
        if (book.Find(action.Allocation) is not { UnhealthySince: { } since, Sick: var found })
        {
            return;
        }

        // The agent's own probes have just said so; Consul's verdict may be on a predecessor, or on its way out.
        if ((found ?? await AskAsync(action, cancellationToken)) is not { } kind)
        {
            return;
        }

        var census = await inputs.Census.TakeAsync(action.Assignment, action.Template, cancellationToken);
        var verdict = LivenessBrake.Judge(kind, inputs.Time.GetUtcNow() - since, census);
        if (!verdict.MayKill)
        {
            inputs.Brakes.Hold(action.Assignment.Pool, verdict.Words);
            await Task.Delay(HoldPause, inputs.Time, cancellationToken);
            return;
        }

        // It may have recovered while the others were asked.
        if (book.Find(action.Allocation)?.UnhealthySince is not null)
        {
            await KillAsync(action.Allocation, new WorkloadId(action.Workload.Id), cancellationToken);
        }
    }

    private async Task KillAsync(Core.Ids.AllocationId allocation, WorkloadId workload, CancellationToken cancellationToken)
    {
        book.TryUpdate(allocation, m => m with { KilledFor = "was killed because its " + (m.Reason ?? "check failed") });
        var exited = inputs.Exits.TokenFor(workload.Value);
        await runtime.Required.SignalAsync(workload, WorkloadSignal.Kill, cancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(exited, cancellationToken);
        await Task.Delay(DeathPatience, inputs.Time, either.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
        if (!exited.IsCancellationRequested)
        {
            await runtime.Required.StopAsync(workload, TimeSpan.Zero, cancellationToken);
        }
    }

    // Null when it is well after all.
    private async Task<SickKind?> AskAsync(KillUnhealthy action, CancellationToken cancellationToken)
    {
        var check = PoolServices.EffectiveCheck(action.Template, action.Workload.Port);
        var problem = await probe.AskAsync(
            action.Template.Health, check,
            new ProbeTarget(inputs.Identity.Address, action.Workload.Port, action.Workload.Id, action.Workload.Forwarding), cancellationToken);
        if (problem is null)
        {
            book.TryNoteCheck(action.Allocation, healthy: true, "");
        }

        return problem?.Kind;
    }
}

/// <summary>What a killer asks and tells.</summary>
internal sealed record KillerInputs(CensusTaker Census, Brakes Brakes, ExitBoard Exits, AgentIdentity Identity, TimeProvider Time);
