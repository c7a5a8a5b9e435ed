using System.Text;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>The text of an .env file: keys without values, for whoever rolls out to fill in.</summary>
internal static class EnvFile
{
    /// <summary>The keys with what they are for; a value that stands in <paramref name="kept"/> already stays, and so do keys of others.</summary>
    public static string Write(IEnumerable<CapturedEnvironmentVariable> variables, string? kept)
    {
        var values = Values(kept);
        var text = new StringBuilder();
        foreach (var variable in variables)
        {
            var usual = variable.DefaultValue is { } value ? $" (usually {value})" : "";
            text.Append("# ").Append(variable.Description ?? variable.Name).Append(usual).Append('\n')
                .Append(variable.Name).Append('=').Append(values.Remove(variable.Name, out var its) ? its : "").Append("\n\n");
        }

        foreach (var (name, value) in values)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return text.ToString();
    }

    private static Dictionary<string, string> Values(string? text) => (text ?? "").Split('\n', StringSplitOptions.TrimEntries)
        .Where(line => !line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal))
        .Select(line => line.Split('=', 2))
        .GroupBy(pair => pair[0], StringComparer.Ordinal)
        .ToDictionary(same => same.Key, same => same.Last()[1], StringComparer.Ordinal);
}
