namespace Nexus.Gateway.Forwarding;

/// <summary>A replica's response breaks HTTP; the message names the rule, without the replica's own text.</summary>
internal sealed class InvalidAnswerException(string reason) : Exception(reason);
