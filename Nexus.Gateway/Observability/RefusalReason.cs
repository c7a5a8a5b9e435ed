namespace Nexus.Gateway.Observability;

/// <summary>Why the gateway refused a request for the client's sake or its own, without asking a replica.</summary>
internal enum RefusalReason
{
    /// <summary>Not HTTP as the server understands it.</summary>
    BadRequest,

    /// <summary>The headers did not arrive in time.</summary>
    RequestTimeout,

    /// <summary>The client paused for too long within the body.</summary>
    BodyTimeout,

    /// <summary>The body exceeds the limit.</summary>
    BodyTooLarge,

    /// <summary>The request line exceeds the limit.</summary>
    RequestLineTooLong,

    /// <summary>The headers exceed the limit of size or number.</summary>
    HeadersTooLarge,

    /// <summary>The gateway has more to do than it can.</summary>
    Overloaded,
}
