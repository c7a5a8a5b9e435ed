using Nexus.Core.Convergence;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Observability;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>Pulls and starts; <see cref="WorkloadProver"/> takes over from there. Few at a time: an engine gains nothing from more.</summary>
internal sealed class WorkloadStarter(
    RuntimeConnection runtime, AllocationBook book, EventJournal events, WorkloadProver prover, EndRecorder ends) : IDisposable
{
    // Own slots for each, so that a slow pull holds up no start.
    private readonly SemaphoreSlim _pulls = new(4, 4);
    private readonly SemaphoreSlim _starts = new(4, 4);

    /// <summary>
    /// Carries out one try. Broken off before or after the runtime starts it, never while: what the runtime has begun comes to be
    /// all the same, and would be there unknown, when the next of its pool takes what only one may hold.
    /// </summary>
    /// <param name="action">What to start.</param>
    /// <param name="ending">Ends with the agent.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    public async Task StartAsync(StartWorkload action, CancellationToken ending, CancellationToken cancellationToken)
    {
        using var activity = WorkerTelemetry.Source.StartActivity("allocation.start");
        activity?.SetTag("nexus.pool", action.Assignment.Pool.Value);
        book.Update(action.Assignment, m => m.After(AllocationEvent.PullBegun));
        if (!await TryPullAsync(action, cancellationToken) || await TryStartAsync(action, ending, cancellationToken) is not { } workload)
        {
            return;
        }

        WorkerTelemetry.Starts.Add(1, WorkerTelemetry.PoolTag(action.Assignment.Pool));
        book.NoteRuns(action.Assignment, Sight.Of(workload));
        events.Publish(EventKinds.AllocationStarted, EventSeverity.Info, action.Assignment, Started(action, workload));
        if (workload.State == WorkloadState.Exited)
        {
            book.TryUpdate(action.Allocation, m => m.AfterExitHeard());
            return;
        }

        await prover.ProveAsync(action.Assignment, action.Template, Sight.Of(workload), isFresh: true, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pulls.Dispose();
        _starts.Dispose();
    }

    // Null after a failure, which is then on record.
    private async Task<Workload?> TryStartAsync(StartWorkload action, CancellationToken ending, CancellationToken cancellationToken)
    {
        await _starts.WaitAsync(cancellationToken);
        try
        {
            return await runtime.Required.StartAsync(
                new WorkloadSpec
                {
                    Allocation = action.Assignment.Id,
                    Attempt = action.Attempt,
                    Pool = action.Assignment.Pool,
                    Revision = action.Assignment.Revision,
                    Template = action.Template,
                },
                ending);
        }
        catch (ImageUnavailableException e)
        {
            NotePullFailure(action, e);
            return null;
        }
        catch (WorkloadStartException e)
        {
            ends.RecordFailedStart(action.Assignment, action.Template, action.Attempt, e.Message, []);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The node's fault, such as a full disk: told as the reason, and tried again with the usual delay.
            ends.RecordFailedStart(
                action.Assignment, action.Template, action.Attempt, $"this node cannot write its state: {e.Message}", []);
            return null;
        }
        catch (RuntimeUnavailableException e)
        {
            book.TryUpdate(action.Allocation, m => m with { Reason = e.Message });
            throw;
        }
        finally
        {
            _starts.Release();
        }
    }

    private async Task<bool> TryPullAsync(StartWorkload action, CancellationToken cancellationToken)
    {
        if (runtime.Required.Kind == RuntimeKind.Process)
        {
            return true;
        }

        await _pulls.WaitAsync(cancellationToken);
        try
        {
            await runtime.Required.EnsureImageAsync(action.Template.Image, cancellationToken);
            return true;
        }
        catch (ImageUnavailableException e)
        {
            NotePullFailure(action, e);
            return false;
        }
        finally
        {
            _pulls.Release();
        }
    }

    private void NotePullFailure(StartWorkload action, ImageUnavailableException e)
    {
        var memory = book.NotePullFailure(action.Assignment, action.Template.Restart, e.Message);
        events.Publish(EventKinds.ImagePullFailed, EventSeverity.Error, action.Assignment,
            $"{action.Assignment.Id} cannot have its image: {e.Message} Next try at {memory.RetryAt:HH:mm:ss}.");
    }

    private static string Started(StartWorkload action, Workload workload) =>
        (workload.HostPort is { } port ? $"{action.Assignment.Id} started, port {port}" : $"{action.Assignment.Id} started")
        + (action.Attempt == 0 ? "." : $", restart {action.Attempt}.");
}
