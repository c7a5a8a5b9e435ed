namespace Nexus.Manifests.ComposeImport;

/// <summary>Reads files of variables, as <c>.env</c> and those of <c>env_file</c> are.</summary>
public static class EnvironmentFiles
{
    /// <summary>The variables that have a value, the later ones winning.</summary>
    public static IReadOnlyDictionary<string, string> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Lines(text))
        {
            if (value is not null)
            {
                variables[name] = value;
            }
        }

        return variables;
    }

    /// <summary>The lines in their order; a name alone has no value.</summary>
    internal static IEnumerable<(string Name, string? Value)> Lines(string text)
    {
        foreach (var raw in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = raw.Trim();
            line = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..] : line;
            if (line.Length > 0 && line[0] != '#')
            {
                var parts = line.Split('=', 2);
                yield return (parts[0].Trim(), parts.Length == 2 ? Unquoted(parts[1].Trim()) : null);
            }
        }
    }

    private static string Unquoted(string value)
    {
        if (value.Length > 1 && value[0] is '"' or '\'' && value.IndexOf(value[0], 1) is > 0 and var end)
        {
            return value[1..end];
        }

        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? value : value[..comment].TrimEnd();
    }
}
