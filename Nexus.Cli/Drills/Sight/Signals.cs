using System.Runtime.InteropServices;

namespace Nexus.Cli.Drills.Sight;

/// <summary>Signals to processes of this machine.</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal; a process that is gone already is fine.</summary>
    public static void Send(LocalProcess process, int signal)
    {
        // The id may have been given to another process since.
        if (process.IsAlive() && SendTo(process.Pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
        {
            throw new DrillFailedException($"{process.Name} (process {process.Pid}) cannot be signalled: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    /// <summary>Whether this user may signal the process.</summary>
    public static bool IsAllowed(int pid) => SendTo(pid, 0) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendTo(int pid, int signal);
}
