namespace Nexus.Cli.Drills;

/// <summary>A drill cannot go on; the message says why.</summary>
internal sealed class DrillFailedException(string message) : Exception(message);

/// <summary>A fault turned out not to be one here: the message says why, and what would make it one. No promise is broken by that.</summary>
internal sealed class FaultImpossibleException(string message) : Exception(message);
