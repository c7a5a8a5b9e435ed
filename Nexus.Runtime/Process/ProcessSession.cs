using System.Collections.Immutable;
using System.Globalization;
using Nexus.Core.Ids;
using Nexus.Runtime.Pidfd;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Process;

/// <summary>All processes of one workload: those of the session that its supervising shell leads.</summary>
internal sealed class ProcessSession(WorkloadProcesses carriers, AllocationId allocation, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShellPatience = TimeSpan.FromSeconds(1);

    /// <summary>SIGTERM to all of them, then SIGKILL to what is left; returns when none is left.</summary>
    public async Task EndAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            EndTree();
            return;
        }

        if (grace > TimeSpan.Zero && carriers.Main.IsAlive())
        {
            // What is stopped hears SIGTERM only when it goes on.
            Signal(LinuxCalls.Sigterm);
            Signal(LinuxCalls.Sigcont);
            await WaitAsync(() => !carriers.Main.IsAlive(), grace, cancellationToken);
        }

        // The shell writes the exit code down, so it goes last and by itself if it can.
        Signal(LinuxCalls.Sigkill);
        if (!await WaitAsync(() => !carriers.Shell.IsAlive(), ShellPatience, cancellationToken) && carriers.Shell.IsAlive())
        {
            LinuxCalls.TrySignal(carriers.Shell.Pid, LinuxCalls.Sigkill);
        }

        Signal(LinuxCalls.Sigkill);
        if (!await WaitAsync(() => Members().IsEmpty && !carriers.Shell.IsAlive(), KillPatience, cancellationToken))
        {
            throw new RuntimeUnavailableException(
                $"Processes {string.Join(", ", Members())} of {allocation} still run {KillPatience} after SIGKILL.");
        }
    }

    /// <summary>Sends a signal, waits for nothing.</summary>
    public void Send(WorkloadSignal signal)
    {
        switch (signal)
        {
            case WorkloadSignal.Kill when !OperatingSystem.IsLinux():
                EndTree();
                break;
            case WorkloadSignal.Kill:
                LinuxCalls.TrySignal(carriers.Main.Pid, LinuxCalls.Sigkill);
                break;
            case WorkloadSignal.Freeze:
                // Twice, for one of them may have forked while the others were being stopped.
                Signal(LinuxCalls.Sigstop);
                Signal(LinuxCalls.Sigstop);
                break;
            case WorkloadSignal.Thaw:
                Signal(LinuxCalls.Sigcont);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(signal), signal, "Not a signal.");
        }
    }

    /// <summary>Its living processes, the shell apart.</summary>
    public ImmutableArray<int> Members()
    {
        var carrierLives = carriers.Main.IsAlive() || carriers.Shell.IsAlive();
        var members = ImmutableArray.CreateBuilder<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && pid != carriers.Shell.Pid
                && ProcStat.Read(pid) is { IsEnded: false } stat
                && stat.Session == carriers.Shell.Pid
                && stat.StartTicks >= carriers.Shell.StartTicks
                && (carrierLives || ProcessEnvironment.IsOf(pid, allocation)))
            {
                members.Add(pid);
            }
        }

        return members.ToImmutable();
    }

    private void Signal(int signal)
    {
        foreach (var pid in Members())
        {
            LinuxCalls.TrySignal(pid, signal);
        }
    }

    private async Task<bool> WaitAsync(Func<bool> condition, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(start) >= patience)
            {
                return false;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }

        return true;
    }

    private void EndTree()
    {
        try
        {
            using var main = OsProcess.GetProcessById(carriers.Main.Pid);
            main.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }
}
