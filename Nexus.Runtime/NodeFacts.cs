using System.Globalization;
using System.Runtime.InteropServices;
using Nexus.Core.State;

namespace Nexus.Runtime;

/// <summary>What the machine is, in the terms placement uses.</summary>
public static class NodeFacts
{
    /// <summary>Architecture in the terms of container images: <c>amd64</c>, <c>arm64</c>.</summary>
    public static string Arch { get; } = RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "386",
        Architecture.Arm or Architecture.Armv6 => "arm",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Cores this process may use and memory of the machine, read anew at each call.</summary>
    public static NodeCapacity ReadCapacity() => new(Environment.ProcessorCount * 1000, ReadMemoryBytes());

    // A heap limit set for the agent must not shrink its node, so the kernel is asked before the garbage collector.
    private static long ReadMemoryBytes()
    {
        if (OperatingSystem.IsLinux())
        {
            var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
            var kilobytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            return long.Parse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
        }

        return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }
}
