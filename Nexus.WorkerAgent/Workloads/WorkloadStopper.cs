using System.Globalization;
using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>Takes workloads out of service and ends them, in the order that costs no request.</summary>
internal sealed class WorkloadStopper(
    RuntimeConnection runtime, AllocationBook book, LocalCatalog catalog, Drainer drainer, EventJournal events, TimeProvider time)
{
    private const int ParallelStops = 8;
    private static readonly DrainSpec DefaultDrain = new();

    /// <summary>Drain, stop, verify gone, deregister, remove.</summary>
    public async Task DrainAndStopAsync(DrainAndStop action, CancellationToken cancellationToken)
    {
        var id = action.Allocation;
        var spec = action.Template?.Drain ?? DefaultDrain;
        var began = time.GetTimestamp();
        var drained = await drainer.DrainAsync(action, spec, cancellationToken);
        var drainedAfter = time.GetElapsedTime(began);
        foreach (var workload in action.Workloads)
        {
            await runtime.Required.StopAsync(new WorkloadId(workload.Id), spec.StopTimeout, cancellationToken);
        }

        await VerifyGoneAsync(action, cancellationToken);
        await catalog.TryDeregisterAsync(id, cancellationToken);
        foreach (var workload in action.Workloads)
        {
            await runtime.Required.RemoveAsync(new WorkloadId(workload.Id), cancellationToken);
        }

        var how = drained is { } verdict
            ? string.Create(CultureInfo.InvariantCulture, $"drained in {drainedAfter.TotalSeconds:0.00} s, {verdict.Words}; ")
            : "";
        var all = time.GetElapsedTime(began).TotalSeconds;
        events.Publish(
            EventKinds.AllocationStopped,
            drained is { Acknowledged: false } ? EventSeverity.Warning : EventSeverity.Info,
            string.Create(CultureInfo.InvariantCulture, $"{id} stopped: {action.Reason} ({how}gone after {all:0.00} s)."),
            book.Find(id)?.Pool,
            id);
        book.TryUpdate(id, m => m.AfterGone(action.Reason));
    }

    /// <summary>Drain, deregister, pause: it shall stand by from now on.</summary>
    public async Task DrainAndPauseAsync(DrainAndPause action, CancellationToken cancellationToken)
    {
        var id = action.Allocation;
        var drain = new DrainAndStop(id, action.Template, [action.Workload], action.Assignment.Reason) { Assignment = action.Assignment };
        await drainer.DrainAsync(drain, action.Template.Drain, cancellationToken);
        await catalog.TryDeregisterAsync(id, cancellationToken);
        if (await runtime.Required.PauseAsync(new WorkloadId(action.Workload.Id), cancellationToken))
        {
            book.Update(action.Assignment, m => m.AfterSlept());
            events.Publish(EventKinds.AllocationPaused, EventSeverity.Info, action.Assignment, $"{id} is paused, to stand in when another fails: {action.Assignment.Reason}.");
        }
    }

    /// <summary>Ends everything on this node: the agent itself is leaving and was told to take its workloads along.</summary>
    public async Task StopAllAsync(CancellationToken cancellationToken)
    {
        if (runtime.Current is not { } engine)
        {
            return;
        }

        foreach (var few in (await engine.ListAsync(cancellationToken)).Chunk(ParallelStops))
        {
            await Task.WhenAll(few.Select(workload => StopLastAsync(engine, workload, cancellationToken)));
        }
    }

    private async Task StopLastAsync(IContainerRuntime engine, Workload workload, CancellationToken cancellationToken)
    {
        book.TryUpdate(workload.Allocation, m => m.After(AllocationEvent.StopBegun));
        await catalog.TryDeregisterAsync(workload.Allocation, cancellationToken);
        if (workload.State == WorkloadState.Running)
        {
            await engine.StopAsync(workload.Id, DefaultDrain.StopTimeout / 2, cancellationToken);
        }

        await engine.RemoveAsync(workload.Id, cancellationToken);
        book.TryUpdate(workload.Allocation, m => m.AfterGone("its agent was stopped and took it along"));
    }

    private async Task VerifyGoneAsync(DrainAndStop action, CancellationToken cancellationToken)
    {
        var still = (await runtime.Required.ListAsync(cancellationToken))
            .FirstOrDefault(w => w.Allocation == action.Allocation && w.State == WorkloadState.Running);
        if (still is not null)
        {
            throw new InvalidOperationException($"Workload {still.Id} of {action.Allocation} still runs after it was stopped.");
        }
    }
}
