using System.Collections.Immutable;
using System.Globalization;

namespace Nexus.Runtime.Process;

/// <summary>A command with all said that starting it needs; found wanting here, in words, rather than by a shell's exit code.</summary>
/// <param name="Program">Full path.</param>
/// <param name="Arguments">With the port in its places.</param>
/// <param name="WorkingDirectory">Full path of an existing directory.</param>
internal sealed record WorkloadCommand(string Program, ImmutableArray<string> Arguments, string WorkingDirectory)
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Says at once and in words what is missing.</summary>
    /// <exception cref="WorkloadStartException">There is no such command, program or directory.</exception>
    public static WorkloadCommand Resolve(WorkloadSpec spec, ProcessRuntimeOptions options, int? port, string? path)
    {
        var process = spec.Template.Process;
        if (process is null || process.Command.IsDefaultOrEmpty)
        {
            throw new WorkloadStartException(
                $"Pool {spec.Pool} says no process command; this node runs processes, not containers. Give the pool a process.command, or place it on nodes with Docker.");
        }

        var root = options.WorkingDirectory ?? Environment.CurrentDirectory;
        var directory = Path.GetFullPath(process.WorkingDirectory ?? ".", Path.GetFullPath(root));
        if (!Directory.Exists(directory))
        {
            throw new WorkloadStartException($"{spec.Allocation} could not be started: its working directory {directory} does not exist.");
        }

        var text = port?.ToString(CultureInfo.InvariantCulture) ?? "";
        var command = process.Command.Select(part => part.Replace("{port}", text, StringComparison.Ordinal)).ToImmutableArray();
        var program = Find(command[0], directory, path) ?? throw new WorkloadStartException(
            $"{spec.Allocation} could not be started: no program {command[0]} in {(command[0].Contains('/') ? directory : $"PATH ({path})")}.");
        return new WorkloadCommand(program, command[1..], directory);
    }

    // As a shell looks: a name with a slash from the working directory, a bare name along PATH.
    private static string? Find(string program, string directory, string? path)
    {
        var candidates = program.Contains('/')
            ? [Path.GetFullPath(program, directory)]
            : (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(p => Path.Combine(p, program));
        return candidates.FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string file) =>
        File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & AnyExecute) != UnixFileMode.None);
}
