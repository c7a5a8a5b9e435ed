using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests.Programs;

/// <summary>How a program of ARM64 is run here: by itself on such a machine, else in an emulator.</summary>
internal static class ArmProgram
{
    /// <summary>Starts a server.</summary>
    public static ServerProcess Start(string path, IReadOnlyDictionary<string, string> environment)
    {
        var (command, arguments) = CommandLine(path, []);
        return ServerProcess.Start(command, arguments, environment);
    }

    /// <summary>Runs a command to its end, which must be a good one; returns what it printed.</summary>
    public static Task<string> RunAsync(string path, string[] arguments, CancellationToken cancellationToken)
    {
        var (command, all) = CommandLine(path, arguments);
        return Command.RunAsync(command, all, cancellationToken);
    }

    private static (string Command, string[] Arguments) CommandLine(string path, string[] arguments) => Tool.Emulator is { } emulator
        ? (emulator, ["-L", Tool.Libraries("arm64"), path, .. arguments])
        : (path, arguments);
}
