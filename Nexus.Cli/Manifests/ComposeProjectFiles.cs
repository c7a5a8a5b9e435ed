using System.Collections.Immutable;
using Nexus.Core.Spec;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Cli.Manifests;

/// <summary>What the command line says of a project.</summary>
/// <param name="Files">The compose files; none for those that Compose finds by itself.</param>
/// <param name="Directory">Where relative paths start; null for the folder of the first file.</param>
/// <param name="EnvironmentFiles">Files in place of <c>.env</c>.</param>
internal sealed record ComposeProjectOptions(ImmutableArray<string> Files, string? Directory, ImmutableArray<string> EnvironmentFiles);

/// <summary>The files of a project and its variables, found as Compose does.</summary>
/// <param name="Files">The compose files, the later ones over the earlier; <c>-</c> for standard input.</param>
/// <param name="Directory">Absolute path of the project's folder.</param>
/// <param name="Variables">The variables of the process and of <c>.env</c>.</param>
/// <param name="Found">What somebody should know of it.</param>
internal sealed record ComposeProjectFiles(
    ImmutableArray<string> Files, string Directory, ProjectVariables Variables, ImmutableArray<SpecProblem> Found)
{
    private static readonly string[] Names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

    private static readonly string[] OverrideNames =
        ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    /// <summary>Finds the files, or fails for one that is named and not there.</summary>
    public static ComposeProjectFiles Find(ComposeProjectOptions options, Surroundings surroundings)
    {
        var working = WorkingDirectory(surroundings);
        var given = options.Directory is { Length: > 0 } directory ? Path.GetFullPath(directory, working) : null;
        var named = DotEnvFiles.Named(options.EnvironmentFiles, working, surroundings);
        var folder = given ?? FolderOf(options.Files, working);
        var environment = named ?? DotEnvFiles.In(folder, working, surroundings);
        var variables = ProjectVariables.Read(surroundings.Variable, environment);
        var files = options.Files;
        if (files.IsEmpty)
        {
            var listed = ByVariable(variables, working);
            var first = folder;
            files = listed.IsEmpty ? ByName(folder, working) : listed;
            folder = given ?? FolderOf(files, working);
            if (named is null && listed.IsEmpty && folder != first)
            {
                // Found in a folder above: only the file of variables that is beside it counts.
                variables = ProjectVariables.Read(surroundings.Variable, DotEnvFiles.In(folder, working, surroundings));
            }
            else if (named is null && DotEnvFiles.In(folder, working, surroundings) is { IsEmpty: false } own && own[0] != environment.FirstOrDefault())
            {
                // That of the working directory has precedence over that of the project's folder.
                variables = ProjectVariables.Read(surroundings.Variable, [.. own, .. environment]);
            }
        }

        return new ComposeProjectFiles(files, folder, variables, [.. Notices(options.Files, files, folder, working, variables)]);
    }

    // The shell's path, in which symbolic links are not followed: Compose names a project by it.
    private static string WorkingDirectory(Surroundings surroundings) =>
        surroundings.Variable("PWD") is ['/', ..] shown && RealPath.Of(shown) == RealPath.Of(surroundings.WorkingDirectory)
            ? Path.GetFullPath(shown)
            : surroundings.WorkingDirectory;

    private static string FolderOf(ImmutableArray<string> files, string working) => files.FirstOrDefault(file => file != "-") is { } first
        ? Path.GetDirectoryName(Path.GetFullPath(first, working))!
        : working;

    private static ImmutableArray<string> ByVariable(ProjectVariables variables, string working)
    {
        if (variables.Find("COMPOSE_FILE") is not { Length: > 0 } listed)
        {
            return [];
        }

        var separator = variables.Find("COMPOSE_PATH_SEPARATOR") is { Length: > 0 } own ? own : Path.PathSeparator.ToString();
        return [.. listed.Split(separator).Select(file => Shown(file, working))];
    }

    private static ImmutableArray<string> ByName(string folder, string working)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (FirstOf(Names, at) is { } file)
            {
                return FirstOf(OverrideNames, at) is { } over ? [Shown(file, working), Shown(over, working)] : [Shown(file, working)];
            }
        }

        throw new CommandFailedException(
            ExitCode.Usage, $"There is no compose file in {folder} or above it (looked for {string.Join(", ", Names)}). Name one: nexus import compose FILE");
    }

    // What Compose would read, and this command was not told to; and a name that a link decides.
    private static IEnumerable<SpecProblem> Notices(
        ImmutableArray<string> given, ImmutableArray<string> files, string folder, string working, ProjectVariables variables)
    {
        var paths = files.Where(file => file != "-").Select(file => Path.GetFullPath(file, working)).ToList();
        if (given.Length > 0 && paths.Count > 0)
        {
            var listed = ByVariable(variables, working).Where(file => file != "-").Select(file => Path.GetFullPath(file, working)).Except(paths).ToList();
            if (listed.Count > 0)
            {
                yield return Notice($"COMPOSE_FILE also lists {string.Join(", ", listed.Select(file => Shown(file, working)))}, not read because a file is named on the command line; without one, all are read");
            }

            if (paths.Count == 1 && Names.Contains(Path.GetFileName(paths[0])) && FirstOf(OverrideNames, Path.GetDirectoryName(paths[0])!) is { } over)
            {
                yield return Notice($"{Shown(over, working)} is not read because a file is named on the command line; `docker compose up` reads both, and so does `nexus import compose` without a file");
            }
        }

        if (Path.GetFileName(RealPath.Of(folder)) is var real && real != Path.GetFileName(folder) && variables.Find("COMPOSE_PROJECT_NAME") is null or "")
        {
            yield return Notice($"the folder {folder} is reached by a symbolic link to one named {real}: without a name of its own the project has the link's name, as in Compose; --project-name sets another");
        }
    }

    private static SpecProblem Notice(string message) => new(SpecSeverity.Warning, 0, 0, "", message);

    private static string? FirstOf(string[] names, string folder) => names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    // As short as people name it.
    private static string Shown(string file, string working)
    {
        if (file == "-")
        {
            return file;
        }

        var path = Path.GetFullPath(file, working);
        return path.StartsWith($"{working.TrimEnd('/')}/", StringComparison.Ordinal) ? path[(working.TrimEnd('/').Length + 1)..] : path;
    }
}
