using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Observability;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Workloads;

/// <summary>
/// Notes at once that a workload ended, so that its successor can start; then, aside, learns its exit code, keeps its last
/// words, tells of it, and removes it. (An engine knows an exit code tens of milliseconds after the death.)
/// </summary>
internal sealed class EndRecorder(
    RuntimeConnection runtime, AllocationBook book, EventJournal events, WorkloadRemover remover, TimeProvider time)
{
    private static readonly TimeSpan AutopsyLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AutopsyGlance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(1);

    /// <summary>A workload ended unasked.</summary>
    public void Record(RecordEnd action)
    {
        var allocation = action.Assignment;
        var at = time.GetUtcNow();
        var memory = book.Find(allocation.Id);
        var attempt = action.Workload?.Attempt ?? memory?.Attempt ?? 0;
        var killedFor = memory?.KilledFor;
        WorkerTelemetry.Exits.Add(1, WorkerTelemetry.PoolTag(allocation.Pool));
        var after = book.NoteEnd(
            allocation, action.Template.Restart,
            new WorkloadEnd(attempt, action.Workload?.ExitCode, killedFor ?? Words(action.Workload), [], StartFailed: false)
            {
                IsFinal = action.Workload is null,
            });
        if (action.Workload is { } ended)
        {
            remover.Begin(ended, token => AutopsyAsync(new Death(allocation, ended, killedFor, after, at), token));
        }
        else
        {
            Tell(allocation, killedFor ?? Words(null), after, at);
        }
    }

    /// <summary>A workload could not be started.</summary>
    public void RecordFailedStart(
        AllocationAssignment allocation, PoolTemplate template, int attempt, string reason, ImmutableArray<string> logs)
    {
        var told = $"{allocation.Id} could not be started: ";
        reason = reason.StartsWith(told, StringComparison.Ordinal) ? reason[told.Length..] : reason;
        events.Publish(EventKinds.StartFailed, EventSeverity.Error, allocation, told + reason);
        var after = book.NoteEnd(allocation, template.Restart, new WorkloadEnd(attempt, null, reason, logs, StartFailed: true));
        TellNext(allocation, after, time.GetUtcNow());
    }

    /// <summary>A workload ran, but never came to serve, and was stopped for it.</summary>
    public async Task RecordFailedProbeAsync(
        AllocationAssignment allocation, PoolTemplate template, SeenWorkload workload, string problem, CancellationToken cancellationToken)
    {
        var logs = await TailAsync(workload, cancellationToken);
        RecordFailedStart(allocation, template, workload.Attempt,
            $"it did not serve within {template.Health.StartupTimeout.TotalSeconds} s: {problem}", logs);
    }

    private async Task AutopsyAsync(Death death, CancellationToken cancellationToken)
    {
        var known = await LearnExitAsync(death.Ended, cancellationToken);
        var reason = death.KilledFor ?? (known.ExitCode is null ? "ended; its exit code is not known" : Words(known));
        Tell(death.Allocation, reason, death.After, death.At);
        var logs = await TailAsync(death.Ended, cancellationToken);
        book.TryUpdate(
            death.Allocation.Id,
            m => m.AfterAutopsy(new WorkloadEnd(death.Ended.Attempt, known.ExitCode, reason, logs, StartFailed: false)));
    }

    private async Task<SeenWorkload> LearnExitAsync(SeenWorkload ended, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var known = ended;
        while (known.ExitCode is null && time.GetElapsedTime(started) < AutopsyLimit)
        {
            await Task.Delay(AutopsyGlance, time, cancellationToken);
            try
            {
                var found = (await runtime.Required.ListAsync(cancellationToken)).FirstOrDefault(w => w.Id.Value == ended.Id);
                if (found is null)
                {
                    break;
                }

                known = Sight.Of(found);
            }
            catch (RuntimeUnavailableException)
            {
                break; // The end is told all the same.
            }
        }

        return known;
    }

    private void Tell(AllocationAssignment allocation, string reason, AllocationMemory after, DateTimeOffset at)
    {
        events.Publish(EventKinds.AllocationExited, EventSeverity.Warning, allocation, $"{allocation.Id} {reason}.", at);
        TellNext(allocation, after, at);
    }

    private void TellNext(AllocationAssignment allocation, AllocationMemory after, DateTimeOffset at)
    {
        var delay = after.RetryAt is { } retry ? retry - at : TimeSpan.Zero;
        WorkerTelemetry.Restarts.Add(1, WorkerTelemetry.PoolTag(allocation.Pool));
        events.Publish(EventKinds.AllocationRestarting, EventSeverity.Info, allocation, (delay <= TimeSpan.Zero, after.Failures) switch
        {
            (true, _) => $"{allocation.Id} is restarted at once.",
            (false, 1) => $"{allocation.Id} is restarted in {delay.TotalSeconds:0.##} s.",
            (false, var failures) => $"{allocation.Id} is restarted in {delay.TotalSeconds:0.##} s, after {failures} failures in a row.",
        }, at);
    }

    private async Task<ImmutableArray<string>> TailAsync(SeenWorkload workload, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LogLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await runtime.Required.TailLogsAsync(new WorkloadId(workload.Id), LastLines.MaxLines, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
        catch (RuntimeUnavailableException)
        {
            return [];
        }
    }

    private static string Words(SeenWorkload? workload) => workload switch
    {
        null => "vanished: something else removed it",
        { OutOfMemory: true } => "was OOM-killed: it exceeded its memory limit (exit code 137)",
        { ExitCode: { } code } => code > 128 && code < 160 ? $"was ended by signal {code - 128} (exit code {code})" : $"ended with exit code {code}",
        _ => "ended; its exit code is not known yet",
    };

    private sealed record Death(
        AllocationAssignment Allocation, SeenWorkload Ended, string? KilledFor, AllocationMemory After, DateTimeOffset At);
}
