namespace Nexus.Manifests.ComposeImport;

/// <summary>The command that runs one service once, of the same project that was read.</summary>
internal static class RunByHand
{
    /// <summary>The command, quoted for a shell.</summary>
    public static string Command(ComposeSource source, ComposeProject project, string service)
    {
        // A project that is read from standard input is found by Compose where it is run.
        var files = source.FileName is "-" or "<stdin>" ? [] : source.Overrides.Select(file => file.FileName).Prepend(source.FileName);
        string[] words =
        [
            "docker", "compose",
            .. project.At is { } at && at.Key != "name" ? (string[])["-p", project.Name] : [],
            .. files.SelectMany(file => (string[])["-f", file]),
            .. source.ProjectDirectory is { } directory ? (string[])["--project-directory", directory] : [],
            .. source.EnvironmentFiles.SelectMany(file => (string[])["--env-file", file]),
            .. source.Profiles.SelectMany(profile => (string[])["--profile", profile]),
            "run", "--rm", "--no-deps", service,
        ];
        return string.Join(' ', words.Select(Quoted));
    }

    private static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
