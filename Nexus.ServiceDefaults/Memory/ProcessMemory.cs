using System.Runtime.InteropServices;

namespace Nexus.ServiceDefaults.Memory;

/// <summary>The memory this process holds without using it.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Collects and compacts every heap and gives the free pages back to the system, those of the C library included:
    /// the compiler's arenas keep several megabytes after the last method of a start. Pages of programs that the start alone needed go
    /// as well.</summary>
    public static void ReturnUnused()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            TrimNativeHeaps();
            ImagePages.Unmap();
        }
    }

    private static void TrimNativeHeaps()
    {
        try
        {
            _ = TrimNativeHeaps(keep: 0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc: musl gives pages back by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimNativeHeaps(nuint keep);
}
