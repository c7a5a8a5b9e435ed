using System.Collections.Concurrent;
using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;

namespace Nexus.WorkerAgent.Convergence;

/// <summary>Begins a task beside the caller. The one place where the agent leaves its caller's flow.</summary>
internal delegate Task Spawn(Func<Task> body);

/// <summary>
/// Owns the tasks that work on allocations: at most one each, all joined at the end. A task that failed keeps its place
/// for a moment, so that a lasting fault does not spin the loop.
/// </summary>
internal sealed partial class WorkSet(WakeSignal wake, Spawn spawn, TimeProvider time, ILogger<WorkSet> logger) : IDisposable
{
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Work> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Ends with the agent: for what must not be broken off before.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>What is being worked on.</summary>
    public ImmutableDictionary<AllocationId, OngoingWork> Snapshot() => _running.Values
        .Where(w => w.Allocation is not null)
        .ToImmutableDictionary(w => w.Allocation!.Value, w => w.Kind);

    /// <summary>Runs <paramref name="body"/> for an allocation unless another task works on it.</summary>
    public bool TryRun(AllocationId allocation, OngoingWork kind, Func<CancellationToken, Task> body) =>
        TryStart(allocation.Value, new Work(allocation, kind, CancellationTokenSource.CreateLinkedTokenSource(_ending.Token)), body);

    /// <summary>Runs <paramref name="body"/> beside the allocations' tasks, once at a time for each key.</summary>
    public bool TryRunAside(string key, Func<CancellationToken, Task> body) =>
        TryStart("/" + key, new Work(null, OngoingWork.Other, CancellationTokenSource.CreateLinkedTokenSource(_ending.Token)), body);

    /// <summary>Breaks off what is being done with an allocation.</summary>
    public void Cancel(AllocationId allocation)
    {
        if (_running.TryGetValue(allocation.Value, out var work))
        {
            work.TryCancel();
        }
    }

    /// <summary>Breaks off everything and waits until it has ended.</summary>
    public async Task EndAsync()
    {
        await _ending.CancelAsync();
        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Values.Select(w => w.Done.Task));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ending.Dispose();

    private bool TryStart(string key, Work work, Func<CancellationToken, Task> body)
    {
        if (_ending.IsCancellationRequested || !_running.TryAdd(key, work))
        {
            work.Cancellation.Dispose();
            return false;
        }

        // Owned: RunAsync never throws, and EndAsync waits for Done.
        _ = spawn(() => RunAsync(key, work, body));
        return true;
    }

    private async Task RunAsync(string key, Work work, Func<CancellationToken, Task> body)
    {
        try
        {
            await body(work.Cancellation.Token);
        }
        catch (OperationCanceledException) when (work.Cancellation.IsCancellationRequested)
        {
            // Broken off as asked.
        }
        catch (Exception e)
        {
            LogWorkFailed(key, e.Message, e);
            await Task.Delay(FailurePause, time, work.Cancellation.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        _running.TryRemove(key, out _);
        work.Done.SetResult();
        work.End();
        wake.Set();
    }

    [LoggerMessage(5001, LogLevel.Error, "Work on {Key} failed and is tried again: {Reason}")]
    private partial void LogWorkFailed(string key, string reason, Exception exception);

    private sealed record Work(AllocationId? Allocation, OngoingWork Kind, CancellationTokenSource Cancellation)
    {
        private readonly Lock _gate = new();
        private bool _ended;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void TryCancel()
        {
            lock (_gate)
            {
                if (!_ended)
                {
                    Cancellation.Cancel();
                }
            }
        }

        public void End()
        {
            lock (_gate)
            {
                _ended = true;
                Cancellation.Dispose();
            }
        }
    }
}
