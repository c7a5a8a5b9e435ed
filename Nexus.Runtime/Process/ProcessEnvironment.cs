using System.Text;
using Nexus.Core.Ids;

namespace Nexus.Runtime.Process;

/// <summary>The environment a running process was started with, as the kernel keeps it.</summary>
internal static class ProcessEnvironment
{
    private const int MaxLooks = 20;
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Empty when the process is gone or may not be looked at.</summary>
    public static IReadOnlyList<string> Read(int pid)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The same, but waits a moment where there is none yet: while a process becomes another program (exec), it has none.</summary>
    public static async Task<IReadOnlyList<string>> ReadSettledAsync(int pid, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var look = 0; ; look++)
        {
            var read = Read(pid);
            if (read.Count > 0 || look == MaxLooks)
            {
                return read;
            }

            await Task.Delay(LookPause, time, cancellationToken);
        }
    }

    /// <summary>Whether it was started for this allocation: a session's number alone could belong to others by now.</summary>
    public static bool IsOf(int pid, AllocationId allocation) =>
        Read(pid).Contains($"{WorkloadEnvironment.AllocationVariable}={allocation.Value}", StringComparer.Ordinal);
}
