using System.Globalization;
using System.Runtime.InteropServices;

namespace Nexus.ServiceDefaults.Memory;

/// <summary>
/// Pages of program files (assemblies and shared libraries) that were mapped in while the service started. They are never written, so
/// the system's page cache has them all the same; a page that is needed again is mapped again, in about a microsecond.
/// </summary>
internal static partial class ImagePages
{
    private const int DontNeed = 4; // MADV_DONTNEED, madvise(2)

    /// <summary>Takes them out of this process. What was written to, or could be, is left alone.</summary>
    public static void Unmap()
    {
        foreach (var image in CleanImages(File.ReadLines("/proc/self/smaps")))
        {
            // A refusal costs nothing but the memory.
            _ = Advise((nint)image.Start, (nuint)(image.End - image.Start), DontNeed);
        }
    }

    /// <summary>The read-only mappings of program files of which no page was ever changed, as <c>smaps</c> shows them (proc_pid_smaps(5)).</summary>
    internal static IEnumerable<(long Start, long End)> CleanImages(IEnumerable<string> smaps)
    {
        (long, long)? mapping = null;
        foreach (var line in smaps)
        {
            if (TryReadHeader(line, out var range, out var isImage))
            {
                mapping = isImage ? range : null;
            }
            else if (line.StartsWith("Anonymous:", StringComparison.Ordinal) && mapping is { } found)
            {
                mapping = null;
                if (line.AsSpan(10).Trim() is "0 kB")
                {
                    yield return found;
                }
            }
        }
    }

    // 7f3a5c000000-7f3a5c021000 r-xp 00001000 fe:00 1234   /usr/lib/x86_64-linux-gnu/libc.so.6
    private static bool TryReadHeader(string line, out (long Start, long End) range, out bool isImage)
    {
        (range, isImage) = (default, false);
        var dash = line.IndexOf('-', StringComparison.Ordinal);
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (dash <= 0 || space < dash
            || !long.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start)
            || !long.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end))
        {
            return false;
        }

        range = (start, end);
        var rights = line.AsSpan(space + 1, 4);
        var path = line.IndexOf('/', StringComparison.Ordinal) is > 0 and var at ? line.AsSpan(at) : default;
        isImage = rights is "r-xp" or "r--p"
            && (path.EndsWith(".dll") || path.EndsWith(".so") || path.Contains(".so.", StringComparison.Ordinal));
        return true;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
