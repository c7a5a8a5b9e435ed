using System.Collections.Immutable;
using System.Text.Json;
using Nexus.Api.V1;

namespace Nexus.Cli.Addresses;

/// <summary>
/// Finds which managers to ask: option, environment, <c>.nexus/cli.json</c> here or above, the user's own file, the default.
/// The first that names any wins, and a bad address is an error rather than skipped.
/// </summary>
internal sealed class AddressFinder(Surroundings surroundings)
{
    public const string Variable = "NEXUS_ADDRESS";

    private static readonly string ProjectFile = Path.Combine(".nexus", "cli.json");
    private static readonly string UserFile = Path.Combine(".config", "nexus", "config.json");

    public ImmutableArray<ApiEndpoint> Find(string? option)
    {
        if (option is not null)
        {
            return Parse(option, "from --address");
        }

        if (surroundings.Variable(Variable) is { Length: > 0 } variable)
        {
            return Parse(variable, $"from {Variable}");
        }

        foreach (var file in Files())
        {
            if (File.Exists(file) && Read(file).Address is { } address)
            {
                return Parse(address, $"from {file}");
            }
        }

        return [new ApiEndpoint(new Uri(ApiEndpoint.DefaultAddress), "the default")];
    }

    private IEnumerable<string> Files()
    {
        for (var directory = surroundings.WorkingDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            yield return Path.Combine(directory, ProjectFile);
        }

        if (surroundings.HomeDirectory is { Length: > 0 } home)
        {
            yield return Path.Combine(home, UserFile);
        }
    }

    private static CliConfig Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return JsonSerializer.Deserialize(stream, CliJson.Default.CliConfig)
                ?? throw Usage($"{file} holds null; it must look like {{\"address\": \"{ApiEndpoint.DefaultAddress}\"}}.");
        }
        catch (JsonException bad)
        {
            throw Usage($"{file}:{bad.LineNumber + 1}: is not the JSON expected, {{\"address\": \"{ApiEndpoint.DefaultAddress}\"}}.", bad);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Usage($"{file} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static ImmutableArray<ApiEndpoint> Parse(string texts, string source) =>
        [.. texts.Split(',', StringSplitOptions.TrimEntries).Select(text => ParseOne(text, source)).DistinctBy(e => e.Address)];

    private static ApiEndpoint ParseOne(string text, string source)
    {
        var address = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https" } && uri.Host.Length > 0
            ? new ApiEndpoint(uri, source)
            : throw Usage($"'{text}' ({source}) is not an address. It must be an http or https URL like {ApiEndpoint.DefaultAddress}, or several, separated by commas.");
    }

    private static CommandFailedException Usage(string message, Exception? inner = null) => new(ExitCode.Usage, message, inner);
}
