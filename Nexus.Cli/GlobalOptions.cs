using System.CommandLine;
using System.CommandLine.Parsing;
using Nexus.Api.V1;
using Nexus.Cli.Addresses;

namespace Nexus.Cli;

/// <summary>Options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public GlobalOptions()
    {
        Output.CompletionSources.Clear();
        Output.CompletionSources.Add("table", "json");
    }

    public Option<string?> Address { get; } = new("--address", "-a")
    {
        Description = $"Address of a manager, or of several, separated by commas. Else {AddressFinder.Variable}, .nexus/cli.json here or above, "
            + $"~/.config/nexus/config.json, {ApiEndpoint.DefaultAddress}.",
        HelpName = "url",
        Recursive = true,
    };

    public Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "How results are written: table for people, json for programs (one document; in streams one a line). Default: table.",
        HelpName = "table|json",
        CustomParser = ParseOutput,
        Recursive = true,
    };

    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "Write without colours; so does a non-empty NO_COLOR.",
        Recursive = true,
    };

    private static OutputFormat ParseOutput(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "table":
                return OutputFormat.Table;
            case "json":
                return OutputFormat.Json;
            default:
                result.AddError($"--output {result.Tokens[0].Value} is unknown; it must be table or json.");
                return default;
        }
    }
}
