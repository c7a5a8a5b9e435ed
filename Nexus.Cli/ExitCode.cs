namespace Nexus.Cli;

/// <summary>What the process ends with; documented in docs/cli.md and in <c>--help</c>, so never renumbered.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failure = 1,
    Usage = 2,
    Unreachable = 3,
    SpecInvalid = 4,
    TimedOut = 5,
    Interrupted = 130,
    Terminated = 143,
}
