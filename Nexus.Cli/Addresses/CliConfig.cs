namespace Nexus.Cli.Addresses;

/// <summary>The configuration file of the command: <c>{"address": "http://…"}</c>, or several by commas.</summary>
internal sealed record CliConfig(string? Address);
