using System.Collections.Immutable;
using Nexus.Api.V1;
using Nexus.Cli.Terminals;
using Spectre.Console;

namespace Nexus.Cli;

/// <summary>What the commands get from the process they run in; tests bring their own.</summary>
/// <param name="Terminals">Makes the terminal, with colours or without.</param>
/// <param name="Clients">Makes a client for the managers at some addresses.</param>
/// <param name="Time">The clock.</param>
/// <param name="Surroundings">Environment, directories, standard input.</param>
internal sealed record CliHost(
    Func<bool, Terminal> Terminals, Func<ImmutableArray<ApiEndpoint>, NexusApiClient> Clients, TimeProvider Time, Surroundings Surroundings);

/// <summary>Environment, directories and standard input of a process.</summary>
/// <param name="Variable">Value of an environment variable.</param>
/// <param name="WorkingDirectory">Where relative paths start.</param>
/// <param name="HomeDirectory">Where the user's own configuration lies; null when there is no home.</param>
/// <param name="User">Who types.</param>
/// <param name="OpenStandardInput">Opens standard input.</param>
/// <param name="Host">Name of this machine.</param>
internal sealed record Surroundings(
    Func<string, string?> Variable, string WorkingDirectory, string? HomeDirectory, string User, Func<Stream> OpenStandardInput, string Host)
{
    /// <summary>Whether a person at a terminal can answer questions.</summary>
    public bool CanConfirm { get; init; }
}

/// <summary>How results are written.</summary>
internal enum OutputFormat
{
    Table,
    Json,
}

/// <summary>What one run of a command works with.</summary>
/// <param name="Terminal">Where it writes.</param>
/// <param name="Output">How results are written.</param>
/// <param name="Time">The clock.</param>
/// <param name="Connect">Makes a client for the addresses that were chosen.</param>
/// <param name="ConnectTo">Makes a client for another manager.</param>
internal sealed record CommandContext(
    Terminal Terminal, OutputFormat Output, TimeProvider Time, Func<NexusApiClient> Connect, Func<ApiEndpoint, NexusApiClient> ConnectTo)
{
    public bool Json => Output == OutputFormat.Json;

    /// <summary>Progress and success lines: standard output, unless that carries a JSON document. Supervisors and dashboards
    /// take every line of standard error for a failure.</summary>
    public IAnsiConsole Progress => Json ? Terminal.Error : Terminal.Out;
}
