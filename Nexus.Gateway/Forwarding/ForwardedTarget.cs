namespace Nexus.Gateway.Forwarding;

/// <summary>What of a request's target the replicas get; the same for every attempt.</summary>
/// <param name="PathAndQuery">As the client wrote it, without the prefix where the route strips one.</param>
/// <param name="StrippedPrefix">The prefix that was taken off; null for none.</param>
internal sealed record ForwardedTarget(string PathAndQuery, string? StrippedPrefix);
