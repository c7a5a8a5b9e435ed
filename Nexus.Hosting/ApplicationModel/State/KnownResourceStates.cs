namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states in the life of a resource.</summary>
public static class KnownResourceStates
{
    /// <summary>Being launched.</summary>
    public static readonly string Starting = nameof(Starting);

    /// <summary>Launched; its health is a matter of its own.</summary>
    public static readonly string Running = nameof(Running);

    /// <summary>Could not be launched; the log says why.</summary>
    public static readonly string FailedToStart = nameof(FailedToStart);

    /// <summary>The container engine does not answer.</summary>
    public static readonly string RuntimeUnhealthy = nameof(RuntimeUnhealthy);

    /// <summary>Asked to end.</summary>
    public static readonly string Stopping = nameof(Stopping);

    /// <summary>Ended by a failure, or stopped.</summary>
    public static readonly string Exited = nameof(Exited);

    /// <summary>Ran to its end with exit code 0.</summary>
    public static readonly string Finished = nameof(Finished);

    /// <summary>Held back until its dependencies are ready.</summary>
    public static readonly string Waiting = nameof(Waiting);

    /// <summary>Not asked to start yet.</summary>
    public static readonly string NotStarted = nameof(NotStarted);

    /// <summary>The states that are left only by a new start.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}

/// <summary>How states are shown.</summary>
public static class KnownResourceStateStyles
{
    /// <summary>All is well.</summary>
    public static readonly string Success = "success";

    /// <summary>Something is broken.</summary>
    public static readonly string Error = "error";

    /// <summary>For information.</summary>
    public static readonly string Info = "info";
}
