using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>The few calls of Linux that .NET does not offer.</summary>
internal static partial class LinuxCalls
{
    public const int Sigkill = 9;
    public const int Sigterm = 15;
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    public static bool IsRoot => EffectiveUser() == 0;

    /// <summary>Sends a signal; false if the process is gone.</summary>
    public static bool TrySignal(int pid, int signal) => Kill(pid, signal) == 0;

    /// <summary>Moves the calling thread, and it alone, into a network namespace.</summary>
    public static void EnterNetwork(SafeFileHandle network)
    {
        if (SetNamespace(network, NewNetwork) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "The network namespace could not be entered");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(SafeFileHandle network, int kind);
}
