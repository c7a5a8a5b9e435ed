using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>Brings a running workload into service: startup probe, registration, phase Running.</summary>
internal sealed class WorkloadProver(
    RuntimeConnection runtime, AllocationBook book, LocalCatalog catalog, StartupProbe probe, ProverOutlets outlets)
{
    /// <summary>Takes up a workload that runs already, from a former life of this agent.</summary>
    public Task AdoptAsync(AdoptWorkload action, CancellationToken cancellationToken)
    {
        book.NoteRuns(action.Assignment, action.Workload);
        outlets.Events.Publish(EventKinds.AllocationAdopted, EventSeverity.Info, action.Assignment,
            $"{action.Assignment.Id} was found running and is kept.");
        return ProveAsync(action.Assignment, action.Template, action.Workload, isFresh: false, cancellationToken);
    }

    /// <summary>Lets a paused workload go on and brings it into service.</summary>
    public async Task WakeAsync(WakeStandby action, CancellationToken cancellationToken)
    {
        book.Update(action.Assignment, m => m.AfterRun(action.Workload) with { StandsIn = action.StandsIn });
        outlets.Events.Publish(EventKinds.AllocationWoken, EventSeverity.Info, action.Assignment, action.StandsIn is null
            ? $"{action.Assignment.Id} is woken: {action.Assignment.Reason}."
            : $"{action.Assignment.Id} is woken at once to stand in for a replica of its pool that failed.");
        if (await runtime.Required.UnpauseAsync(new WorkloadId(action.Workload.Id), cancellationToken))
        {
            await ProveAsync(action.Assignment, action.Template, action.Workload with { Paused = false }, isFresh: false, cancellationToken);
        }
        else
        {
            book.TryUpdate(action.Allocation, m => m.AfterExitHeard());
        }
    }

    /// <summary>Probes, registers, reports. A workload that ends meanwhile is left to the next pass.</summary>
    public async Task ProveAsync(
        AllocationAssignment allocation, PoolTemplate template, SeenWorkload workload, bool isFresh, CancellationToken cancellationToken)
    {
        var check = PoolServices.EffectiveCheck(template, workload.Port);
        var exited = outlets.Exits.TokenFor(workload.Id);
        var target = new ProbeTarget(outlets.Identity.Address, workload.Port, workload.Id, workload.Forwarding);
        var life = new StartupLife(
            problem => book.TryUpdate(
                allocation.Id, m => m.Workload == workload.Id ? m with { Reason = $"it does not serve yet: {problem}" } : m),
            exited);
        var result = await probe.RunAsync(template.Health, check, target, isFresh, life, cancellationToken);
        switch (result.Outcome)
        {
            case ProbeOutcome.Serving when ShallSleep(allocation.Id):
                if (await runtime.Required.PauseAsync(new WorkloadId(workload.Id), cancellationToken))
                {
                    book.Update(allocation, m => m.AfterSlept());
                    outlets.Events.Publish(EventKinds.AllocationPaused, EventSeverity.Info, allocation, $"{allocation.Id} serves and is kept paused, to stand in when another fails.");
                }

                break;
            case ProbeOutcome.Serving:
                // At once and as passing: the gateways route to it from here on, by the push stream while Consul is still being told.
                // Without Consul it runs unregistered.
                var registering = catalog.TryRegisterAsync(allocation, template, workload, healthy: true, cancellationToken);
                book.NoteServing(allocation);
                await registering;
                outlets.Events.Publish(EventKinds.AllocationHealthy, EventSeverity.Info, allocation, $"{allocation.Id} serves.");
                if (exited.IsCancellationRequested)
                {
                    book.TryUpdate(allocation.Id, m => m.AfterExitHeard());
                    await catalog.TryEjectAsync(allocation.Id, workload.Attempt, cancellationToken);
                }

                break;
            case ProbeOutcome.TimedOut:
                await catalog.TryDeregisterAsync(allocation.Id, cancellationToken);
                await runtime.Required.StopAsync(new WorkloadId(workload.Id), TimeSpan.Zero, cancellationToken);
                await outlets.Ends.RecordFailedProbeAsync(allocation, template, workload, result.LastProblem, cancellationToken);
                break;
            default:
                book.TryUpdate(allocation.Id, m => m.AfterExitHeard());
                break;
        }
    }

    // By what is wanted now: the leader may have changed its mind since the start began.
    private bool ShallSleep(AllocationId id) =>
        book.Find(id)?.StandsIn is null
        && outlets.Holder.Current.Assignment?.Allocations.FirstOrDefault(a => a.Id == id)?.Desired == DesiredStatus.Standby;
}

/// <summary>Where the prover's findings go, and what they depend on.</summary>
/// <param name="Events">Events.</param>
/// <param name="Ends">Ends.</param>
/// <param name="Exits">Who has ended.</param>
/// <param name="Identity">Where replicas of this node are reached.</param>
/// <param name="Holder">What is wanted by now.</param>
internal sealed record ProverOutlets(
    EventJournal Events, EndRecorder Ends, ExitBoard Exits, AgentIdentity Identity, AssignmentHolder Holder);
