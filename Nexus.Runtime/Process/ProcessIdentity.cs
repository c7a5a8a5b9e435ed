using System.Diagnostics.CodeAnalysis;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Process;

/// <summary>A process that stays the same one when its number is given to another.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTicks">When it started, in ticks since boot; zero where the system does not say (then the number must do).</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>Whether it runs; a zombie does not.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Every failure to look at a process means it is not there.")]
    public bool IsAlive()
    {
        if (OperatingSystem.IsLinux())
        {
            return ProcStat.Read(Pid) is { IsEnded: false } stat && stat.StartTicks == StartTicks;
        }

        try
        {
            using var process = OsProcess.GetProcessById(Pid);
            return !process.HasExited;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
