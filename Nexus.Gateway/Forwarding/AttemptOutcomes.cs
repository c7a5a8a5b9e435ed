using System.Net.Sockets;
using Nexus.Core.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Reads from YARP's error how an attempt ended.</summary>
internal static class AttemptOutcomes
{
    public static AttemptOutcome Of(ForwarderError error, HttpContext context, Attempt attempt)
    {
        if (error == ForwarderError.None)
        {
            return AttemptOutcome.Answered;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return AttemptOutcome.ClientGone;
        }

        if (attempt.WasBrokenOff)
        {
            return AttemptOutcome.BrokenOff;
        }

        return attempt.RanOutOfTime
            ? AttemptOutcome.TimedOut
            : Of(error, context.Features.Get<IForwarderErrorFeature>()?.Exception);
    }

    /// <summary>Why the last attempt's answer was not passed on; null when nothing is known.</summary>
    public static string? ReasonOf(HttpContext context) => context.Features.Get<IForwarderErrorFeature>()?.Exception switch
    {
        InvalidAnswerException e => e.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            "the response's headers exceed the limit of this gateway",
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => "malformed chunk",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "malformed status line or header",
        _ => null,
    };

    private static AttemptOutcome Of(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.Request when IsConnecting(exception) => AttemptOutcome.NotConnected,
        ForwarderError.Request or ForwarderError.ResponseBodyDestination when IsInvalid(exception) => AttemptOutcome.InvalidAnswer,

        // The head is there, so that no connection broke: what of it cannot be passed on is the answer's fault alone.
        ForwarderError.ResponseHeaders => AttemptOutcome.InvalidAnswer,
        ForwarderError.Request when exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            AttemptOutcome.Refused,
        ForwarderError.Request or ForwarderError.RequestBodyDestination or ForwarderError.UpgradeRequestDestination => AttemptOutcome.NoAnswer,
        ForwarderError.RequestTimedOut when IsConnecting(exception) => AttemptOutcome.NotConnected,
        ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout => AttemptOutcome.TimedOut,
        ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeResponseDestination => AttemptOutcome.AnswerBroken,
        ForwarderError.RequestCreation or ForwarderError.NoAvailableDestinations => AttemptOutcome.Refused,
        _ => AttemptOutcome.ClientGone,
    };

    // Within a body the handler has two kinds of exception for a malformed chunk; a broken connection is always an IOException.
    private static bool IsInvalid(Exception? exception) => exception switch
    {
        InvalidAnswerException => true,
        HttpRequestException e => e.HttpRequestError == HttpRequestError.InvalidResponse,
        HttpIOException e => e.HttpRequestError == HttpRequestError.InvalidResponse,
        _ => false,
    };

    // SocketsHttpHandler says a connect timeout by a cancellation around a TimeoutException; a request's own timeout has none.
    private static bool IsConnecting(Exception? exception) => exception switch
    {
        HttpRequestException e => e.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        SocketException => true, // reset right after it was made: SocketsHttpHandler wraps this one in nothing
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
