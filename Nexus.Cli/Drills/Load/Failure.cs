using System.Net.Sockets;

namespace Nexus.Cli.Drills.Load;

/// <summary>Why a request failed.</summary>
/// <param name="Kind">Its class, one of few.</param>
/// <param name="Detail">What was said.</param>
internal sealed record Failure(string Kind, string Detail)
{
    public const string Late = "no answer in time";

    public const string Unsent = "not sent: too many under way";

    /// <summary>Whether nothing was sent yet, so that any client goes on to the next address of the service.</summary>
    public static bool IsUnsent(Exception failed) => failed is SocketException
        or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    public static Failure Of(Exception failed) => failed switch
    {
        OperationCanceledException => new Failure(Late, failed.Message),
        HttpRequestException { InnerException: SocketException { SocketErrorCode: var code } } when code is SocketError.ConnectionRefused =>
            new Failure("connection refused", failed.Message),
        SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => new Failure("no connection", failed.Message),
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => new Failure("connection ended before the answer", failed.Message),
        HttpRequestException or IOException => new Failure("connection broke", Innermost(failed)),
        _ => new Failure(failed.GetType().Name, failed.Message),
    };

    private static string Innermost(Exception failed) => failed.InnerException is { } inner ? Innermost(inner) : failed.Message;
}
