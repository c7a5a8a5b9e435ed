using System.Net;

namespace Nexus.Consul;

/// <summary>
/// Consul could not be reached, did not answer in time, or answered with an error. The message names the call, the
/// status and Consul's own text.
/// </summary>
public class ConsulException : Exception
{
    /// <summary>Creates an exception with a general message.</summary>
    public ConsulException()
        : this("A call to Consul failed.")
    {
    }

    /// <summary>Creates an exception for a call that got no answer.</summary>
    public ConsulException(string message)
        : this(message, innerException: null)
    {
    }

    /// <summary>Creates an exception for a call that got no answer, because of another.</summary>
    public ConsulException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates an exception for an answered call.</summary>
    public ConsulException(string message, HttpStatusCode statusCode, string text, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
        Text = text;
    }

    /// <summary>The status of the answer, or null when there was none.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>Consul's own text, trimmed; empty when there was no answer.</summary>
    public string Text { get; } = "";

    /// <summary>No answer came: refused, cut off or too late. Whether a write took effect is then unknown.</summary>
    public bool IsUnreachable => StatusCode is null;

    /// <summary>The servers have no leader, or just lost it; the call may succeed in a moment.</summary>
    public bool IsNoLeader =>
        Says("No cluster leader") || Says("leadership lost") || Says("not the leader") || Says("leadership transfer");

    /// <summary>The token may not do this, or is unknown.</summary>
    public bool IsPermissionDenied => StatusCode == HttpStatusCode.Forbidden || Says("Permission denied");

    /// <summary>The session named in the call does not exist (any more): make a new one.</summary>
    public bool IsInvalidSession => Says("invalid session");

    /// <summary>The thing named in the call does not exist; an agent that lost its state needs it registered again.</summary>
    public bool IsNotFound =>
        StatusCode == HttpStatusCode.NotFound || Says("does not have associated TTL") || Says("Unknown check");

    // Consul says 500 both for "try again" and for "never"; only the text tells them apart.
    internal bool IsTransient => StatusCode switch
    {
        null => true,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => true,
        HttpStatusCode.InternalServerError => IsNoLeader || Says("rpc error") || Says("EOF"),
        _ => false,
    };

    private bool Says(string text) => Text.Contains(text, StringComparison.OrdinalIgnoreCase);
}
