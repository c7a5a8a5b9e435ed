using System.Collections.Concurrent;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Process;

/// <summary>
/// Tells when workloads end: at once by the main process, whose exit code nobody knows yet, and a moment later by its
/// shell, which has written the code down.
/// </summary>
internal sealed class ProcessExits(PidfdWatcher watcher, ExitFeed exits)
{
    private readonly ConcurrentDictionary<WorkloadId, ProcessIdentity> _watched = new();

    public void Watch(WorkloadFolder folder, Workload workload)
    {
        if (folder.ReadProcesses() is not { } processes
            || (_watched.TryGetValue(workload.Id, out var known) && known == processes.Main)
            || !_watched.TryAdd(workload.Id, processes.Main))
        {
            return;
        }

        var main = watcher.TryWatch(processes.Main.Pid, processes.Main.IsAlive, () => Tell(workload, exitCode: null));
        var shell = watcher.TryWatch(processes.Shell.Pid, processes.Shell.IsAlive, () => Tell(workload, folder.ReadExit()?.Code));
        if (main == PidfdOutcome.Gone && shell == PidfdOutcome.Gone)
        {
            Tell(workload, folder.ReadExit()?.Code); // it ended since it was looked at
        }
    }

    public void Forget(WorkloadId id) => _watched.TryRemove(id, out _);

    private void Tell(Workload workload, int? exitCode) =>
        exits.Publish(new WorkloadExit(workload.Allocation, workload.Id, exitCode));
}
