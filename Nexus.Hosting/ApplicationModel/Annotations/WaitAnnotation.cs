namespace Aspire.Hosting.ApplicationModel;

/// <summary>What is waited for.</summary>
public enum WaitType
{
    /// <summary>The dependency runs, its health checks pass, and its ready callbacks are done.</summary>
    WaitUntilHealthy,

    /// <summary>The dependency ran to its end with the expected exit code.</summary>
    WaitForCompletion,

    /// <summary>The dependency runs.</summary>
    WaitUntilStarted,
}

/// <summary>What becomes of a wait when the dependency fails.</summary>
public enum WaitBehavior
{
    /// <summary>Go on waiting: somebody may restart it.</summary>
    WaitOnResourceUnavailable,

    /// <summary>Fail, saying what the dependency did.</summary>
    StopOnResourceUnavailable,
}

/// <summary>Holds back the start of a resource until another has come far enough.</summary>
/// <param name="resource">The dependency.</param>
/// <param name="waitType">How far it must have come.</param>
/// <param name="exitCode">The expected exit code, for <see cref="ApplicationModel.WaitType.WaitForCompletion"/>.</param>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    /// <summary>The dependency.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>How far the dependency must have come.</summary>
    public WaitType WaitType { get; } = waitType;

    /// <summary>What becomes of the wait when the dependency fails; unset means that the wait fails too.</summary>
    public WaitBehavior? WaitBehavior { get; init; }

    /// <summary>The expected exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
