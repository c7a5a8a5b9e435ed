namespace Nexus.Gateway.Forwarding;

/// <summary>A request cannot be forwarded as it is; the message says why, for the client.</summary>
internal sealed class RefusedRequestException(string reason) : Exception(reason);
