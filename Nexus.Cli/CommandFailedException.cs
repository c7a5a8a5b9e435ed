namespace Nexus.Cli;

/// <summary>Ends a command with a message for the person at the keyboard.</summary>
internal sealed class CommandFailedException(ExitCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode Code { get; } = code;
}
