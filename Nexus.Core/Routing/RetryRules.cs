namespace Nexus.Core.Routing;

/// <summary>How one attempt at a destination ended.</summary>
public enum AttemptOutcome
{
    /// <summary>It answered; what it answered is between it and the client.</summary>
    Answered,

    /// <summary>No connection could be made, so nothing was sent.</summary>
    NotConnected,

    /// <summary>The connection broke before any answer; the replica may have acted.</summary>
    NoAnswer,

    /// <summary>The connection broke within the answer.</summary>
    AnswerBroken,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The client went away or broke its own request.</summary>
    ClientGone,
}

/// <summary>Decides what a failed attempt leads to.</summary>
public static class RetryRules
{
    /// <summary>Attempts at one request: the first and one immediate retry.</summary>
    public const int MaxAttempts = 2;

    /// <summary>Whether another destination may be asked: always if nothing was sent; if the replica may have acted, only for
    /// methods that change nothing (RFC 9110 §9.2.1) and have no body that is used up by now.</summary>
    public static bool MayRetry(AttemptOutcome outcome, string method, bool hasBody) => outcome switch
    {
        AttemptOutcome.NotConnected => true,
        AttemptOutcome.NoAnswer => !hasBody && IsSafe(method),
        _ => false,
    };

    /// <summary>Why the outcome speaks against the destination; null if it does not.</summary>
    public static EjectionReason? Ejects(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.NotConnected => EjectionReason.ConnectFailed,
        AttemptOutcome.NoAnswer or AttemptOutcome.AnswerBroken => EjectionReason.ConnectionLost,
        _ => null,
    };

    /// <summary>Whether a method is safe and may be repeated.</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS";
}
