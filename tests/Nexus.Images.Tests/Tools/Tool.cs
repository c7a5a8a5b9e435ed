using System.Runtime.InteropServices;
using Nexus.Testing;

namespace Nexus.Images.Tests.Tools;

/// <summary>What eng/install.sh brought for these tests.</summary>
internal static class Tool
{
    public static string Registry => Find("docker-registry", Path.Combine(RepositoryRoot.Path, ".tools", "registry", "usr", "bin"));

    /// <summary>Runs programs for ARM64; null where the machine does itself.</summary>
    public static string? Emulator => RuntimeInformation.OSArchitecture == Architecture.Arm64
        ? null
        : Find("qemu-aarch64-static", Path.Combine(RepositoryRoot.Path, ".tools", "qemu", "usr", "bin"));

    /// <summary>A tree of the C libraries for an architecture, in Debian's name for it.</summary>
    public static string Libraries(string architecture)
    {
        var folder = Path.Combine(RepositoryRoot.Path, ".tools", "libraries-" + architecture);
        return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{folder} is missing. Make it with: eng/install.sh");
    }

    private static string Find(string name, string fetched) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(fetched)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"{name} is neither on PATH nor in {fetched}. Fetch it with: eng/install.sh");
}
