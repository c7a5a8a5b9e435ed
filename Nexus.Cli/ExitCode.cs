namespace Nexus.Cli;

/// <summary>What the process ends with; documented in docs/cli.md and in <c>--help</c>, so never renumbered.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failure = 1,
    Usage = 2,

    /// <summary><c>plan</c> alone: applying would change something. Its errors, wrong usage included, all exit with 1.</summary>
    Changes = Usage,
    Unreachable = 3,

    /// <summary><c>drill</c> alone: a request failed where none may.</summary>
    PromiseBroken = Unreachable,
    SpecInvalid = 4,
    TimedOut = 5,
    Interrupted = 130,
    Terminated = 143,
}
