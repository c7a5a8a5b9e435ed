using Nexus.Core.Convergence;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>Hands each action of a plan to a task of its own. Never waits.</summary>
internal sealed class ActionRunner(
    WorkSet work, AllocationBook book, LocalCatalog catalog, HealthDesk desk, WorkloadTasks tasks)
{
    /// <summary>Begins an action, unless its allocation is still being worked on; the next pass decides anew then.</summary>
    public void Begin(ConvergenceAction action)
    {
        switch (action)
        {
            case StartWorkload start:
                work.TryRun(start.Allocation, OngoingWork.Starting, token => tasks.Starter.StartAsync(start, work.Ending, token));
                break;
            case AdoptWorkload adopt:
                work.TryRun(adopt.Allocation, OngoingWork.Starting, token => tasks.Prover.AdoptAsync(adopt, token));
                break;
            case RecordEnd end:
                // Short, and what comes next depends on it. What is being worked on was left out of the plan, and nothing else begins work.
                tasks.Ends.Record(end);
                break;
            case KillUnhealthy kill:
                work.TryRun(kill.Allocation, OngoingWork.Stopping, token => tasks.Killer.KillAsync(kill, token));
                break;
            case DrainAndStop stop:
                work.TryRun(stop.Allocation, OngoingWork.Stopping, token => tasks.Stopper.DrainAndStopAsync(stop, token));
                break;
            case WakeStandby wake:
                work.TryRun(wake.Allocation, OngoingWork.Starting, token => tasks.Prover.WakeAsync(wake, token));
                break;
            case DrainAndPause pause:
                work.TryRun(pause.Allocation, OngoingWork.Stopping, token => tasks.Stopper.DrainAndPauseAsync(pause, token));
                break;
            case NotePaused paused:
                book.Update(paused.Assignment, m => m.AfterRun(paused.Workload).AfterSlept());
                break;
            case NoteWaiting waiting:
                book.Update(waiting.Assignment, m => m with { Reason = waiting.Reason });
                break;
            case RemoveWorkload remove:
                tasks.Remover.Begin(remove.Workload);
                break;
            case RegisterService register:
                work.TryRun(register.Allocation, OngoingWork.Other, token => RegisterAsync(register, token));
                break;
            case DeregisterService deregister:
                work.TryRun(deregister.Allocation, OngoingWork.Other, token => DeregisterAsync(deregister, token));
                break;
            case CancelStart cancel:
                work.Cancel(cancel.Allocation);
                break;
            case NoteStopped stopped:
                book.Update(stopped.Assignment, m => m.AfterGone(stopped.Assignment.Reason));
                break;
            case Forget forget:
                book.Forget(forget.Allocation);
                desk.Forget(forget.Allocation);
                break;
            default:
                throw new InvalidOperationException($"Nobody carries out {action.GetType().Name}.");
        }
    }

    private async Task RegisterAsync(RegisterService action, CancellationToken cancellationToken)
    {
        var memory = book.Find(action.Allocation);
        if (memory is not { ExitHeard: false } || memory.Workload != action.Workload.Id)
        {
            return; // It ended since the plan was made, and would be in rotation again.
        }

        var healthy = memory.UnhealthySince is null;
        if (!await catalog.TryRegisterAsync(action.Assignment, action.Template, action.Workload, healthy, cancellationToken))
        {
            await tasks.PauseAsync(cancellationToken);
        }
        else if (book.Find(action.Allocation) is { ExitHeard: true } ended && ended.Workload == action.Workload.Id)
        {
            await catalog.TryEjectAsync(action.Allocation, action.Workload.Attempt, cancellationToken);
        }
    }

    private async Task DeregisterAsync(DeregisterService action, CancellationToken cancellationToken)
    {
        if (!await catalog.TryDeregisterAsync(action.Allocation, cancellationToken))
        {
            await tasks.PauseAsync(cancellationToken);
        }
    }
}

/// <summary>Those who carry actions out.</summary>
internal sealed record WorkloadTasks(
    WorkloadStarter Starter, WorkloadProver Prover, WorkloadStopper Stopper, LivenessKiller Killer, EndRecorder Ends, WorkloadRemover Remover,
    TimeProvider Time)
{
    /// <summary>What Consul refused is not asked again at once; its allocation is left alone so long.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromSeconds(1), Time, cancellationToken);
}
