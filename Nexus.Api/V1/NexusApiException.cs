using System.Net;

namespace Nexus.Api.V1;

/// <summary>The API was asked and the answer was no, or no answer that can be understood.</summary>
/// <param name="message">What was asked and what came of it.</param>
/// <param name="status">Status of the answer; null when there was none.</param>
/// <param name="problem">What the server says; null when it said nothing in the agreed form.</param>
/// <param name="inner">What lies beneath.</param>
public class NexusApiException(string message, HttpStatusCode? status, ProblemView? problem, Exception? inner)
    : Exception(message, inner)
{
    /// <summary>Status of the answer; null when there was none.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>What the server says; null when it said nothing in the agreed form.</summary>
    public ProblemView? Problem { get; } = problem;

    /// <summary>Whether the same request may succeed a moment later: no answer, or a server-side failure.</summary>
    public bool IsTransient => Status is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests;
}

/// <summary>No manager answered at the address.</summary>
/// <param name="endpoint">Where it was tried.</param>
/// <param name="reason">Why it failed, in words.</param>
/// <param name="inner">What lies beneath.</param>
public sealed class NexusUnreachableException(ApiEndpoint endpoint, string reason, Exception? inner)
    : NexusApiException($"Cannot reach the Nexus API at {endpoint.Display} ({endpoint.Source}): {reason}.", null, null, inner)
{
    /// <summary>Where it was tried.</summary>
    public ApiEndpoint Endpoint { get; } = endpoint;

    /// <summary>Why it failed, in words.</summary>
    public string Reason { get; } = reason;
}
