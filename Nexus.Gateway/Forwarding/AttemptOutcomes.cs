using Nexus.Core.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Gateway.Forwarding;

/// <summary>Reads from YARP's error how an attempt ended.</summary>
internal static class AttemptOutcomes
{
    public static AttemptOutcome Of(HttpContext context) =>
        context.Features.Get<IForwarderErrorFeature>() is { } error ? Of(error) : AttemptOutcome.Answered;

    private static AttemptOutcome Of(IForwarderErrorFeature error) => error.Error switch
    {
        ForwarderError.None => AttemptOutcome.Answered,
        ForwarderError.Request when IsConnecting(error.Exception) => AttemptOutcome.NotConnected,
        ForwarderError.Request or ForwarderError.RequestBodyDestination or ForwarderError.ResponseHeaders
            or ForwarderError.UpgradeRequestDestination => AttemptOutcome.NoAnswer,
        ForwarderError.RequestTimedOut when IsConnecting(error.Exception) => AttemptOutcome.NotConnected,
        ForwarderError.RequestTimedOut or ForwarderError.UpgradeActivityTimeout => AttemptOutcome.TimedOut,
        ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeResponseDestination => AttemptOutcome.AnswerBroken,
        ForwarderError.NoAvailableDestinations => AttemptOutcome.NotConnected,
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
