using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nexus.Runtime.Pidfd;

/// <summary>The few calls of Linux that .NET does not offer. Numbers and layouts hold on x64 and arm64.</summary>
internal static partial class LinuxCalls
{
    public const int Sigkill = 9;
    public const int Sigterm = 15;
    public const int Sigcont = 18;
    public const int Sigstop = 19;
    public const int NoSuchProcess = 3; // ESRCH
    public const int Interrupted = 4; // EINTR
    public const short Readable = 1; // POLLIN

    private const int PidfdOpenNumber = 434;
    private const int CloseOnExecNonBlocking = 0x80800; // EFD_CLOEXEC | EFD_NONBLOCK

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Handle;
        public short Wanted;
        public short Seen;
    }

    /// <summary>A handle that becomes readable when the process ends (zombies count); null with the error otherwise.</summary>
    public static SafeFileHandle? OpenPidfd(int pid, out int error)
    {
        var handle = Syscall(PidfdOpenNumber, pid, 0);
        error = handle < 0 ? Marshal.GetLastPInvokeError() : 0;
        return handle < 0 ? null : new SafeFileHandle(handle, ownsHandle: true);
    }

    public static SafeFileHandle OpenEventCounter()
    {
        var handle = EventFd(0, CloseOnExecNonBlocking);
        return handle >= 0
            ? new SafeFileHandle(handle, ownsHandle: true)
            : throw new InvalidOperationException($"eventfd failed with error {Marshal.GetLastPInvokeError()}.");
    }

    public static unsafe void Add(SafeFileHandle counter, ulong value) => _ = Write(counter, &value, sizeof(ulong));

    public static unsafe void Drain(SafeFileHandle counter)
    {
        ulong value;
        _ = Read(counter, &value, sizeof(ulong));
    }

    /// <summary>Waits until one of the entries has something to tell. Returns 0 or less only when interrupted.</summary>
    public static unsafe int Poll(Span<PollEntry> entries)
    {
        fixed (PollEntry* first = entries)
        {
            return Poll(first, (nuint)entries.Length, -1);
        }
    }

    /// <summary>Sends a signal; false if the process is gone or not ours to signal.</summary>
    public static bool TrySignal(int pid, int signal) => Kill(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Syscall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Write(SafeFileHandle handle, void* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Read(SafeFileHandle handle, void* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
