using System.Diagnostics;

namespace Nexus.Testing;

/// <summary>The consul program on this machine.</summary>
public static class ConsulBinary
{
    /// <summary>NEXUS_CONSUL if set, else consul on PATH, else the one eng/consul.sh fetched.</summary>
    public static string Path { get; } = Find();

    /// <summary>Its version, which decides the configuration it accepts.</summary>
    public static Version Version { get; } = ReadVersion();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("NEXUS_CONSUL") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new FileNotFoundException($"NEXUS_CONSUL names '{named}', which does not exist.");
        }

        var name = OperatingSystem.IsWindows() ? "consul.exe" : "consul";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(System.IO.Path.Combine(RepositoryRoot.Path, ".tools", "consul"));
        return folders.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("consul is neither on PATH nor in .tools/consul. Fetch it with: eng/consul.sh");
    }

    private static Version ReadVersion()
    {
        using var process = Process.Start(new ProcessStartInfo(Path, "version")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })
            ?? throw new InvalidOperationException($"{Path} could not be started.");

        // "Consul v1.8.7" or "Consul v1.21.4+ent"
        var line = process.StandardOutput.ReadLine() ?? "";
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var digits = new string([.. line.SkipWhile(letter => !char.IsAsciiDigit(letter)).TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.')]);
        return Version.TryParse(digits, out var version)
            ? version
            : throw new InvalidOperationException($"'{Path} version' began with '{line}', which names no version.");
    }
}
