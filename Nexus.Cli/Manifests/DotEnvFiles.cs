using System.Collections.Immutable;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Cli.Manifests;

/// <summary>The files that set variables of a project.</summary>
internal static class DotEnvFiles
{
    /// <summary>Those that were named, by option or else by <c>COMPOSE_ENV_FILES</c>; null if none was.</summary>
    public static ImmutableArray<VariablesFile>? Named(ImmutableArray<string> files, string working, Surroundings surroundings)
    {
        var named = files.IsEmpty
            ? [.. (surroundings.Variable("COMPOSE_ENV_FILES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)]
            : files;
        return named.IsEmpty ? null : [.. named.Select(name => Read(name, Path.GetFullPath(name, working)))];
    }

    /// <summary>The <c>.env</c> of a folder, unless there is none or <c>COMPOSE_DISABLE_ENV_FILE</c> is set.</summary>
    public static ImmutableArray<VariablesFile> In(string folder, string working, Surroundings surroundings)
    {
        var path = Path.Combine(folder, ".env");
        var isDisabled = surroundings.Variable("COMPOSE_DISABLE_ENV_FILE") is "1" or "t" or "T" or "true" or "True" or "TRUE";
        return isDisabled || !File.Exists(path) ? [] : [Read(Path.GetRelativePath(working, path), path)];
    }

    private static VariablesFile Read(string name, string path)
    {
        try
        {
            return new VariablesFile(name, File.ReadAllText(path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{name} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
