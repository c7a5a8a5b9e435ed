using System.Collections.Concurrent;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Watches the main processes of running containers. Knows of an end before the engine does, and keeps what the engine
/// still calls running from being believed.
/// </summary>
internal sealed class ContainerPidfds(PidfdWatcher watcher, ExitFeed exits, TimeProvider time, bool enabled)
{
    private readonly ConcurrentDictionary<WorkloadId, Watched> _watched = new();

    /// <summary>Sees to it that its end will be told. False: only the engine's events will tell it.</summary>
    public bool Watch(Workload workload)
    {
        if (!enabled || workload is not { State: WorkloadState.Running, Pid: { } pid })
        {
            return false;
        }

        var watched = new Watched(workload);
        var present = _watched.GetOrAdd(workload.Id, watched);
        if (!ReferenceEquals(present, watched))
        {
            if (present.Workload.Pid == pid)
            {
                return true;
            }

            _watched[workload.Id] = watched; // started anew by hand
        }

        if (watcher.TryWatch(pid, () => IsInContainer(pid, workload.Id), () => End(watched)) == PidfdOutcome.Watching)
        {
            return true;
        }

        _watched.TryRemove(KeyValuePair.Create(workload.Id, watched));
        return false;
    }

    /// <summary>The workload as last inspected, if it is certain that it still runs.</summary>
    public Workload? FindRunning(WorkloadId id) =>
        _watched.TryGetValue(id, out var watched) && watched.EndedAt is null ? watched.Workload : null;

    /// <summary>What is true of a workload that the engine calls as it does.</summary>
    public Workload Correct(Workload workload) =>
        workload.State == WorkloadState.Running
        && _watched.TryGetValue(workload.Id, out var watched)
        && watched.Workload.Pid == workload.Pid
        && watched.EndedAt is { } endedAt
            ? workload with { State = WorkloadState.Exited, Pid = null, FinishedAt = endedAt }
            : workload;

    /// <summary>Forgets a container that ended in the engine's own words, or is no more.</summary>
    public void Forget(WorkloadId id) => _watched.TryRemove(id, out _);

    /// <summary>
    /// Whether a process is the container's: a process id of an engine in a virtual machine, or one used again, names some
    /// other process here. The control group of a container's process carries the container's id.
    /// </summary>
    public static bool IsInContainer(int pid, WorkloadId id)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cgroup").Contains(id.Value, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void End(Watched watched)
    {
        watched.SetEnded(time.GetUtcNow());
        exits.Publish(new WorkloadExit(watched.Workload.Allocation, watched.Workload.Id, ExitCode: null));
    }

    private sealed class Watched(Workload workload)
    {
        private long _endedTicks;

        public Workload Workload { get; } = workload;

        /// <summary>When its process ended; null while it runs.</summary>
        public DateTimeOffset? EndedAt =>
            Volatile.Read(ref _endedTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

        public void SetEnded(DateTimeOffset at) => Volatile.Write(ref _endedTicks, at.UtcTicks);
    }
}
