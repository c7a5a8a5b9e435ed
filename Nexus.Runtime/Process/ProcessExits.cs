using System.Collections.Concurrent;
using Nexus.Runtime.Pidfd;

namespace Nexus.Runtime.Process;

/// <summary>
/// Tells when workloads end. Told by the end of the shell, which follows the main process within a millisecond or two and
/// has written the exit code down by then; by the main process itself where something killed its shell.
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

        void Ended()
        {
            if (!processes.Main.IsAlive() && !processes.Shell.IsAlive())
            {
                exits.Publish(new WorkloadExit(workload.Allocation, workload.Id, folder.ReadExit()?.Code));
            }
        }

        watcher.TryWatch(processes.Main.Pid, processes.Main.IsAlive, Ended);
        switch (watcher.TryWatch(processes.Shell.Pid, processes.Shell.IsAlive, Ended))
        {
            case PidfdOutcome.Gone:
                Ended(); // since it was looked at
                break;
            case PidfdOutcome.NotPossible:
                Forget(workload.Id); // out of handles, perhaps: the next look tries again
                break;
        }
    }

    public void Forget(WorkloadId id) => _watched.TryRemove(id, out _);
}
