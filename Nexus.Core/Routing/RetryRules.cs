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

    /// <summary>It sent something that HTTP does not allow, so that nothing can be passed on; the replica may have acted.</summary>
    InvalidAnswer,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The gateway broke it off before any answer, because the destination's time was over.</summary>
    BrokenOff,

    /// <summary>The client went away or broke its own request.</summary>
    ClientGone,

    /// <summary>The gateway itself does not forward the request or the answer; nobody else is to blame.</summary>
    Refused,
}

/// <summary>What became of a request's body in an attempt.</summary>
public enum RequestBody
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>It was kept whole and can be sent again.</summary>
    Kept,

    /// <summary>It was streamed, and is used up.</summary>
    Streamed,
}

/// <summary>Decides what a failed attempt leads to.</summary>
public static class RetryRules
{
    private const int FewRetries = 3;

    /// <summary>Whether another destination may be asked: always if nothing was sent; if the replica may have acted, only for
    /// methods that change nothing (RFC 9110 §9.2.1) and whose body, if they have one, was kept.</summary>
    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="method">Method of the request.</param>
    /// <param name="body">What can be done about its body.</param>
    /// <param name="repeatsIdempotent">Whether PUT and DELETE may be sent twice too, as the spec allows by buffering.</param>
    public static bool MayRetry(AttemptOutcome outcome, string method, RequestBody body, bool repeatsIdempotent) => outcome switch
    {
        AttemptOutcome.NotConnected => true,
        AttemptOutcome.NoAnswer or AttemptOutcome.InvalidAnswer or AttemptOutcome.TimedOut or AttemptOutcome.BrokenOff =>
            body != RequestBody.Streamed && (IsSafe(method) || (repeatsIdempotent && IsIdempotent(method))),
        _ => false,
    };

    /// <summary>Retries that may be under way at once: a part of the requests under way, and always a few where any are wanted.</summary>
    public static int Budget(int requests, int percent) =>
        percent <= 0 ? 0 : (int)Math.Max(FewRetries, (long)requests * percent / 100);

    /// <summary>Whether sending it twice does what sending it once does (RFC 9110 §9.2.2).</summary>
    public static bool IsIdempotent(string method) => IsSafe(method) || method is "PUT" or "DELETE";

    /// <summary>Why the outcome by itself speaks against the destination; null if it does not. An invalid answer counts like a
    /// 502 of its own: several in a row do, since a single request may cause one everywhere.</summary>
    public static EjectionReason? Ejects(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.NotConnected => EjectionReason.ConnectFailed,
        AttemptOutcome.NoAnswer or AttemptOutcome.AnswerBroken => EjectionReason.ConnectionLost,
        _ => null,
    };

    /// <summary>Whether a method is safe and may be repeated.</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS";
}
