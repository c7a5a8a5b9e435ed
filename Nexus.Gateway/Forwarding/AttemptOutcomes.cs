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

    private static AttemptOutcome Of(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.Request when IsConnecting(exception) => AttemptOutcome.NotConnected,
        ForwarderError.Request or ForwarderError.RequestBodyDestination or ForwarderError.ResponseHeaders
            or ForwarderError.UpgradeRequestDestination => AttemptOutcome.NoAnswer,
        ForwarderError.RequestTimedOut when IsConnecting(exception) => AttemptOutcome.NotConnected,
        ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout => AttemptOutcome.TimedOut,
        ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeResponseDestination => AttemptOutcome.AnswerBroken,
        _ => AttemptOutcome.ClientGone,
    };

    // SocketsHttpHandler says a connect timeout by a cancellation around a TimeoutException; a request's own timeout has none.
    private static bool IsConnecting(Exception? exception) => exception switch
    {
        HttpRequestException e => e.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
