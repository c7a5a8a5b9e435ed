namespace Nexus.ServiceDefaults.Http;

/// <summary>Why a request got no response, in words.</summary>
public static class RequestFailure
{
    /// <summary>
    /// The message that names the cause. A failed connection says it itself, with the address; of others, "An error occurred while
    /// sending the request." says nothing, and the exceptions inside do.
    /// </summary>
    public static string Describe(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError, InnerException: not null }
            or IOException { InnerException: not null }
            ? exception.GetBaseException().Message
            : exception.Message;
    }
}
