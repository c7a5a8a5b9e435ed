using System.Text.Json;
using Aspire.Hosting;

namespace Nexus.Hosting.ProjectFiles;

/// <summary>What a launch profile adds to a project.</summary>
/// <param name="ApplicationUrl">Addresses, separated by semicolons.</param>
/// <param name="EnvironmentVariables">Variables.</param>
internal sealed record LaunchProfile(string? ApplicationUrl, IReadOnlyDictionary<string, string> EnvironmentVariables);

/// <summary>Reads Properties/launchSettings.json beside a project file.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static LaunchProfile? Find(string projectPath, ProjectResourceOptions options)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath) ?? ".", "Properties", "launchSettings.json");
        if (options.ExcludeLaunchProfile || !File.Exists(file))
        {
            return null;
        }

        using var document = JsonDocument.Parse(File.ReadAllText(file), Lenient);
        if (!document.RootElement.TryGetProperty("profiles", out var profiles))
        {
            return null;
        }

        foreach (var profile in profiles.EnumerateObject())
        {
            var wanted = options.LaunchProfileName is { } name ? profile.NameEquals(name) : Text(profile.Value, "commandName") == "Project";
            if (wanted)
            {
                return new LaunchProfile(Text(profile.Value, "applicationUrl"), Variables(profile.Value));
            }
        }

        return options.LaunchProfileName is null ? null : throw new DistributedApplicationException(
            $"{file} has no launch profile '{options.LaunchProfileName}'; it has: "
            + $"{string.Join(", ", profiles.EnumerateObject().Select(p => p.Name))}.");
    }

    private static string? Text(JsonElement profile, string key) =>
        profile.TryGetProperty(key, out var value) ? value.GetString() : null;

    private static Dictionary<string, string> Variables(JsonElement profile) =>
        profile.TryGetProperty("environmentVariables", out var variables)
            ? variables.EnumerateObject().ToDictionary(v => v.Name, v => v.Value.GetString() ?? "", StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);
}
