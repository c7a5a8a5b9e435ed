namespace Nexus.Cli.Drills;

/// <summary>A drill cannot go on; the message says why.</summary>
internal sealed class DrillFailedException(string message) : Exception(message);
